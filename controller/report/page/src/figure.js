// A chart with all that belongs to it: a heading, a sentence on what it shows, the
// drawing under an accessible name, buttons to save it, and the same as a table.
import { init } from './charts/echarts.js';
import { h } from './dom.js';
import { savePng, saveSvg } from './saving.js';
import { plainTable } from './tables.js';
import { themeNamed } from './palette.js';

// What fits between the margins of A4, below a heading and a caption.
const PRINT_WIDTH = 680;
const PRINT_HEIGHT = 840;
// Smaller letters than this nobody reads on paper: a longer chart goes on on a further sheet.
const LEAST_ZOOM = 0.75;
const LEAST_WIDTH = 240;

const figures = new Set();
let printing = false;

// What is drawn first, then what goes on below it. `most`: the height of a sheet.
function drawings(build, frame) {
  const { more = [], ...first } = build(frame);
  return [first, ...more];
}

function drawingsForPaper(build, frame) {
  const [whole] = drawings(build, frame);
  if (PRINT_HEIGHT / whole.height >= LEAST_ZOOM) return [whole];
  return drawings(build, { ...frame, most: PRINT_HEIGHT });
}

// chart: {id, heading, caption, build({theme, width, most}) -> {option, height, more: {option, height}[]}, table: {columns, rows}}
export function figure(id) {
  const heading = h('h3', { id: `${id}-heading` });
  const caption = h('figcaption', {});
  const canvas = h('div', { class: 'canvas', role: 'img' });
  const tableHost = h('div', {});
  const details = h('details', {}, h('summary', {}, 'The same as a table'), tableHost);
  const button = (text, action) => h('button', { type: 'button', class: 'quiet', onclick: () => action(self.chart) }, text);
  const svgButton = button('SVG', saveSvg);
  const pngButton = button('PNG', savePng);
  const bar = h('div', { class: 'figure-bar' }, heading, h('span', { class: 'saving' }, 'Save as', svgButton, pngButton));
  const element = h('figure', { id: `${id}-figure`, 'aria-labelledby': `${id}-heading` }, bar, caption, canvas, details);

  const self = { chart: null, themeName: 'light', element, update, draw };
  const instances = [];
  let drawnWidth = 0;

  // A further sheet on paper, gone again on the screen.
  function sheets(count) {
    for (const { instance, host } of instances.splice(count)) {
      instance.dispose();
      host.remove();
    }
    while (instances.length < count) {
      const host = h('div', { class: 'sheet' });
      canvas.append(host);
      instances.push({ host, instance: init(host, null, { renderer: 'svg', width: LEAST_WIDTH, height: 1 }) });
    }
    return instances;
  }

  function draw() {
    if (!self.chart) return;
    const width = printing ? PRINT_WIDTH : Math.max(LEAST_WIDTH, Math.floor(canvas.clientWidth));
    if (canvas.clientWidth === 0 && !printing) return;
    const frame = { theme: themeNamed(printing ? 'light' : self.themeName), width };
    const drawn = printing ? drawingsForPaper(self.chart.build, frame) : drawings(self.chart.build, frame);
    sheets(drawn.length).forEach(({ instance, host }, i) => {
      const { option, height } = drawn[i];
      instance.resize({ width, height, silent: true });
      instance.setOption(option, { notMerge: true });
      instance.getZr().flush();
      host.style.zoom = printing ? Math.min(1, PRINT_HEIGHT / height) : '';
    });
    drawnWidth = width;
  }

  function update(chart, themeName) {
    self.chart = { id, ...chart };
    self.themeName = themeName;
    heading.textContent = chart.heading;
    caption.textContent = chart.caption;
    canvas.setAttribute('aria-label', `${chart.heading}. ${chart.caption}`);
    svgButton.setAttribute('aria-label', `Save “${chart.heading}” as SVG`);
    pngButton.setAttribute('aria-label', `Save “${chart.heading}” as PNG`);
    tableHost.replaceChildren(plainTable(chart.heading, chart.table));
    draw();
  }

  new ResizeObserver(() => {
    if (!printing && Math.floor(canvas.clientWidth) !== drawnWidth) draw();
  }).observe(canvas);
  figures.add(self);
  return self;
}

// Paper is white and narrow, and nobody can open what is closed on it.
export function watchPrinting() {
  let opened = [];
  const set = (on) => {
    if (on === printing) return;
    printing = on;
    if (on) {
      opened = [...document.querySelectorAll('main details:not([open])')];
      for (const details of opened) details.open = true;
    } else {
      for (const details of opened) details.open = false;
    }
    for (const each of figures) each.draw();
  };
  window.addEventListener('beforeprint', () => set(true));
  window.addEventListener('afterprint', () => set(false));
  window.matchMedia('print').addEventListener('change', (event) => set(event.matches));
}
