// Puts the page together: reads the measurements, makes the sections once, and updates
// all of them whenever the state changes.
import { byId, h } from './dom.js';
import { watchPrinting } from './figure.js';
import { filterPanel } from './filter_panel.js';
import { isShown } from './filters.js';
import { plural } from './format.js';
import { looksOf } from './palette.js';
import { readReport } from './report_data.js';
import { coverageSection } from './sections/coverage.js';
import { courseSection } from './sections/course.js';
import { detailsSection } from './sections/details.js';
import { distributionSection } from './sections/distribution.js';
import { energySection } from './sections/energy.js';
import { environmentsSection } from './sections/environments.js';
import { latencySection } from './sections/latency.js';
import { matrixSection } from './sections/matrix.js';
import { memorySection } from './sections/memory.js';
import { pageHeader, summarySection } from './sections/overview.js';
import { paretoSection } from './sections/pareto.js';
import { rooflineSection } from './sections/roofline.js';
import { sizeSection } from './sections/size.js';
import { atUsualSettings } from './settings.js';
import { createStore } from './store.js';
import { createThemeButton } from './theme.js';

const SECTIONS = [
  summarySection, matrixSection, latencySection, sizeSection, paretoSection, distributionSection, courseSection,
  memorySection, energySection, coverageSection, rooflineSection, environmentsSection, detailsSection,
];

// The fragment belongs to the state, so that a link within the page must not set it.
function jumpTo(event, target) {
  event.preventDefault();
  target.scrollIntoView();
  target.focus({ preventScroll: true });
}

function contents(sections) {
  const link = ({ id, title, element }) => h('li', {}, h('a', { href: `#${id}`, onclick: (event) => jumpTo(event, element.querySelector('h2')) }, title));
  return h('nav', { 'aria-label': 'Contents', class: 'contents' }, h('ul', {}, sections.map(link)));
}

function show(report) {
  document.title = report.title;
  const main = byId('main');
  main.append(pageHeader(report));
  byId('skip').addEventListener('click', (event) => jumpTo(event, main));
  if (report.measurements.length === 0) {
    main.append(h('p', { class: 'nothing' }, 'This report holds no measurements: nothing that is stored passes its selection.'));
    return createThemeButton(byId('theme'), createStore(() => {}));
  }

  const looks = looksOf(report.measurements);
  const store = createStore(() => update());
  const theme = createThemeButton(byId('theme'), store, () => update());
  const sections = SECTIONS.map((make) => make(store));
  const panel = filterPanel(report, store);
  const count = byId('count');
  byId('filters').append(panel.element);
  byId('side').hidden = false;
  if (window.matchMedia('(max-width: 70rem)').matches) panel.element.open = false;
  main.append(contents(sections), ...sections.map(({ element }) => element));

  function update() {
    const { hidden, option } = store;
    const shown = report.measurements.filter((measurement) => isShown(hidden, measurement));
    const usual = option('settings') === 'all' ? shown : atUsualSettings(shown);
    const view = { report, hidden, option, shown, usual, looks, themeName: theme.update() };
    count.textContent = `${shown.length} of ${plural(report.measurements.length, 'measurement')}`;
    panel.update(view);
    for (const section of sections) section.update(view);
  }

  update();
  watchPrinting();
}

try {
  show(await readReport(byId('report-data')));
} catch (error) {
  byId('main').append(h('p', { class: 'nothing', role: 'alert' }, `This report cannot be shown: ${error.message}.`));
  throw error;
}
