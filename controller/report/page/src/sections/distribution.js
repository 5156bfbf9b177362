// How the samples of a measurement are spread.
import { beyondText, distributionChart } from '../charts/distribution.js';
import { choice } from '../controls.js';
import { figure } from '../figure.js';
import { TIME, intervalOf, listing, time } from '../format.js';
import { section } from '../section.js';
import { groupBy, labeller, modelKey, settingKey, settingText } from '../settings.js';
import { verdictOf } from '../verdict.js';

// More outlines than this nobody tells apart.
const MOST = 8;

const groupKey = (m) => JSON.stringify([m.device, modelKey(m), settingKey(m)]);
const groupName = ([m]) => [m.model, m.device, settingText(m)].join(' · ');

const groupsOf = (measurements) => groupBy(measurements.filter((m) => m.distribution), groupKey);

function rowOf({ measurement, name }) {
  const { latency_ns: latency, distribution } = measurement;
  const { median = null, ci95_low: low = null, ci95_high: high = null, min = null, p90 = null, p99 = null } = latency ?? {};
  const processes = distribution.processes.map((process) => time(process.median, process.ci95_low, process.ci95_high)).join(', ');
  return [name, String(latency?.samples ?? '–'), time(min), time(median, low, high), intervalOf(TIME, median, low, high), time(p90), time(p99), String(distribution.beyond), processes, verdictOf(measurement).text];
}

export function distributionSection(store) {
  const self = section('distribution', 'Distribution of the samples');
  const which = choice('distribution-which', 'Of', (value) => store.setOption('samples', value));
  const chart = figure('distribution');
  self.controls.append(which.element);
  self.body.append(chart.element);
  return {
    ...self,
    update({ shown, themeName, option }) {
      if (shown.length === 0) return self.say('No measurement passes the filters.');
      const groups = groupsOf(shown);
      if (groups.size === 0) return self.say('The samples of these measurements are not in this report.');
      self.say(null);
      const key = groups.has(option('samples')) ? option('samples') : groups.keys().next().value;
      which.update([...groups].map(([value, group]) => ({ value, text: groupName(group) })), key);
      const group = groups.get(key);
      const nameOf = labeller(group, ['device', 'model', 'weights']);
      const entries = group.slice(0, MOST).map((measurement) => ({ measurement, name: nameOf(measurement) }));
      const beyond = entries.map(beyondText).filter(Boolean);
      chart.update({
        heading: `Samples of ${groupName(group)}`,
        caption: [
          'How often each latency was seen, as outlines of histograms with equal areas; the ticks below are the medians of the single processes.',
          beyond.length > 0 ? `Too slow to be drawn: ${listing(beyond)}.` : '',
          group.length > MOST ? `Only the first ${MOST} of ${group.length} are drawn.` : '',
        ].filter(Boolean).join(' '),
        build: distributionChart(entries),
        table: {
          columns: [{ title: 'Measurement' }, ...['samples', 'least', 'median', '95 % interval', 'p90', 'p99', 'beyond', 'medians of the processes'].map((title) => ({ title, numeric: true })), { title: 'verdict' }],
          rows: entries.map(rowOf),
        },
      }, themeName);
    },
  };
}
