// Latency along a setting that was swept.
import { latencyChart } from '../charts/latency.js';
import { choice, toggle } from '../controls.js';
import { h } from '../dom.js';
import { figure } from '../figure.js';
import { TIME, intervalOf, listing, plural, time } from '../format.js';
import { outliersOf } from '../outliers.js';
import { section } from '../section.js';
import { labeller, settingText } from '../settings.js';
import { AXES, atUsualSettingOfAllElse, axesOf, seriesAlong } from '../sweep_series.js';
import { verdictOf } from '../verdict.js';

// Beyond it the low lines of a linear axis lie on its floor.
const LOGARITHMIC_FROM = 100;

const PANELS = [
  { value: 'device', text: 'device' },
  { value: 'model', text: 'model' },
  { value: 'precision', text: 'precision' },
  { value: 'none', text: 'all in one' },
];

function spreadOf(series) {
  const medians = series.flatMap(({ measurements }) => measurements).flatMap((m) => (m.latency_ns ? [m.latency_ns.median] : []));
  return Math.max(...medians) / Math.min(...medians);
}

function tableOf(axis, series) {
  const all = series.flatMap(({ measurements }) => measurements);
  const nameOf = labeller(all, [axis.key]);
  const columns = [{ title: 'Series' }, { title: axis.title, numeric: true }, { title: 'median', numeric: true }, { title: '95 % interval', numeric: true }, { title: 'verdict' }];
  const rows = all.map((m) => {
    const { median = null, ci95_low: low = null, ci95_high: high = null } = m.latency_ns ?? {};
    return [nameOf(m), String(m[axis.key]), time(median, low, high), intervalOf(TIME, median, low, high), verdictOf(m).text];
  });
  return { columns, rows };
}

// "at batch 1": what is the same along all lines.
function placeOf(axis, series) {
  const settings = new Set(series.map(({ measurements: [m] }) => settingText({ ...m, [axis.key]: null })));
  const [only] = settings;
  return settings.size === 1 && only ? ` at ${only}` : '';
}

function captionOf(axis, series, others, logarithmic, panelBy) {
  const failed = series.flatMap(({ measurements }) => measurements).filter((m) => !m.latency_ns).length;
  return [
    `Median latency of one inference of the whole batch against ${axis.title}${placeOf(axis, series)}, ${plural(series.length, 'line')}, ${panelBy === 'none' ? 'all in one panel' : `a panel for each ${panelBy}`}${panelBy === 'none' ? '' : ', all on the same scale'}.`,
    `Whiskers are 95 % intervals; hollow points are marked invalid.`,
    logarithmic ? 'The latency axis is logarithmic.' : '',
    others > 0 ? `${plural(others, 'line')} at other settings ${others === 1 ? 'is' : 'are'} left out: the filters can show every setting.` : '',
    failed > 0 ? `Crosses above a panel stand where a run failed (${failed}).` : '',
  ].filter(Boolean).join(' ');
}

export function latencySection(store) {
  const self = section('latency', 'Latency along a setting');
  const axisChoice = choice('latency-axis', 'Along', (value) => store.setOption('axis', value));
  const panelChoice = choice('latency-panels', 'A panel for each', (value) => store.setOption('panels', value));
  const log = toggle('latency-log', 'Logarithmic latency', (on) => store.setOption('log', on ? 'on' : 'off'));
  const outliers = toggle('latency-outliers', 'Hide what flattens the rest', (on) => store.setOption('outliers', on ? 'hide' : null));
  const said = h('p', { class: 'aside', role: 'status', id: 'latency-hidden' });
  const chart = figure('latency');
  self.controls.append(axisChoice.element, panelChoice.element, log.element, outliers.element);
  self.body.append(said, chart.element);

  return {
    ...self,
    update({ shown, looks, themeName, option }) {
      const axes = axesOf(shown);
      if (axes.length === 0) {
        return self.say(shown.length === 0 ? 'No measurement passes the filters.' : `Nothing was measured at several ${listing(AXES.map(({ all }) => all)).replace(' and ', ' or ')}.`);
      }
      self.say(null);
      const axis = axes.find(({ key }) => key === option('axis')) ?? axes[0];
      axisChoice.update(axes.map(({ key, title }) => ({ value: key, text: title })), axis.key);
      const along = seriesAlong(axis.key, shown);
      const { usual: all, others } = option('settings') === 'all' ? { usual: along, others: [] } : atUsualSettingOfAllElse(axis.key, along);
      const hiding = option('outliers') === 'hide';
      const flattening = outliersOf(all);
      const series = hiding ? all.filter((one) => !flattening.includes(one)) : all;
      const panelBy = PANELS.some(({ value }) => value === option('panels')) ? option('panels') : 'device';
      panelChoice.update(PANELS, panelBy);
      const logarithmic = option('log') ? option('log') === 'on' : spreadOf(series) >= LOGARITHMIC_FROM;
      log.update(logarithmic);
      outliers.update(hiding, flattening.length > 0);
      const nameOf = labeller(all.flatMap(({ measurements }) => measurements), [axis.key]);
      const names = flattening.map(({ measurements: [m] }) => nameOf(m));
      said.textContent = hiding && names.length > 0 ? `Hidden, as they take at least five times as long as all others: ${listing(names)}.` : '';
      said.hidden = said.textContent === '';
      chart.update({
        heading: `Latency against ${axis.title}`,
        caption: captionOf(axis, series, others.length, logarithmic, panelBy),
        build: latencyChart({ axis, series, panelBy, logarithmic, looks }),
        table: tableOf(axis, series),
      }, themeName);
    },
  };
}
