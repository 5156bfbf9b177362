// What operators reach of what their device can do at best.
import { rooflineChart } from '../charts/roofline.js';
import { choice } from '../controls.js';
import { figure } from '../figure.js';
import { rooflinesShown } from '../filters.js';
import { UNKNOWN, bytesPerSecond, flops, isKnown, percent, plain, plural, time } from '../format.js';
import { peaksFor } from '../roofline_lines.js';
import { section } from '../section.js';

const isDrawable = ({ operator }) => operator.intensity > 0 && operator.flops_per_second > 0;

const pointsOf = (roofline) => roofline.models.flatMap(({ model, precision, operators }) =>
  operators.map((operator) => ({ operator, model, precision: operator.precision ?? precision })));

const rateOf = (value, text) => (isKnown(value) ? text(value) : UNKNOWN);

function rowOf({ operator, model }) {
  const bound = isKnown(operator.share_of_bound) ? `${percent(operator.share_of_bound, 0)}, by ${operator.limited_by}` : UNKNOWN;
  return [operator.name, model, operator.kind ?? UNKNOWN, operator.precision ?? UNKNOWN, time(operator.time_ns), percent(operator.share),
    rateOf(operator.intensity, plain), rateOf(operator.flops_per_second, flops), rateOf(operator.bytes_per_second, bytesPerSecond), bound];
}

export function rooflineSection(store) {
  const self = section('roofline', 'Roofline');
  const which = choice('roofline-which', 'Of', (value) => store.setOption('roofline', value));
  const chart = figure('roofline');
  self.controls.append(which.element);
  self.body.append(chart.element);
  return {
    ...self,
    update({ report, hidden, looks, themeName, option }) {
      if (report.rooflines.length === 0) return self.say('No roofline: none was measured for what this report is about (edgebench roofline does).');
      const shown = rooflinesShown(report.rooflines, hidden).filter((roofline) => pointsOf(roofline).some(isDrawable));
      if (shown.length === 0) return self.say('No roofline of what the filters show has operators whose work and traffic are known.');
      self.say(null);
      const chosen = shown[Number(option('roofline'))] ?? shown[0];
      which.update(shown.map(({ device, threads }, i) => ({ value: String(i), text: `${device}, ${plural(threads, 'thread')}` })), String(shown.indexOf(chosen)));
      const points = pointsOf(chosen);
      const drawn = points.filter(isDrawable);
      const peaks = peaksFor(chosen);
      const others = points.length - drawn.length;
      chart.update({
        heading: `Operators on ${chosen.device} under its roofs`,
        caption: [
          `${plural(drawn.length, 'operator')} of ${plural(chosen.models.length, 'profile')} with ${plural(chosen.threads, 'thread')}; the larger a mark, the larger its share of the inference.`,
          peaks.bandwidth ? `The slope is the memory's bandwidth, ${bytesPerSecond(peaks.bandwidth)}.` : 'The bandwidth was not measured.',
          others > 0 ? `${plural(others, 'operator')} without known work or traffic ${others === 1 ? 'is' : 'are'} in the table only.` : '',
        ].filter(Boolean).join(' '),
        build: rooflineChart({ points: drawn, peaks, looks }),
        table: {
          columns: [{ title: 'Operator' }, { title: 'model' }, { title: 'kind' }, { title: 'precision' }, ...['time', 'share', 'FLOP/byte', 'reached', 'traffic', 'of its bound'].map((title) => ({ title, numeric: true }))],
          rows: points.map(rowOf),
        },
      }, themeName);
    },
  };
}
