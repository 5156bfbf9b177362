// Clock, temperature and what else was sampled while one measurement was made.
import { courseChart, unitOf } from '../charts/course.js';
import { choice } from '../controls.js';
import { figure } from '../figure.js';
import { UNKNOWN, listing, plain, plural } from '../format.js';
import { section } from '../section.js';
import { groupBy, labeller } from '../settings.js';
import { verdictOf } from '../verdict.js';

// What explains a latency first.
const ORDER = ['Hz', 'degC', 'W', 'bytes'];
const rank = ([unit]) => (ORDER.includes(unit) ? ORDER.indexOf(unit) : ORDER.length);

function groupsOf(channels) {
  const told = channels.filter(({ values }) => values.some((value) => value !== null));
  return [...groupBy(told, ({ unit }) => unit)].sort((a, b) => rank(a) - rank(b)).map(([, group]) => group);
}

function rowsOf(groups, course) {
  return groups.flatMap((channels) => {
    const unit = unitOf(channels);
    const text = (value) => (value === undefined ? UNKNOWN : `${plain(value / unit.factor, 4)} ${unit.unit}`);
    return channels.map(({ name, values }) => {
      const measured = values.filter((value, row) => value !== null && course.offsets_s[row] >= (course.measure_start_s ?? 0)).sort((a, b) => a - b);
      return [name, String(measured.length), text(measured[0]), text(measured[Math.floor(measured.length / 2)]), text(measured.at(-1))];
    });
  });
}

export function courseSection(store) {
  const self = section('course', 'Clock and temperature meanwhile');
  const which = choice('course-which', 'During', (value) => store.setOption('course', value));
  const chart = figure('course');
  self.controls.append(which.element);
  self.body.append(chart.element);
  return {
    ...self,
    update({ shown, themeName, option }) {
      if (shown.length === 0) return self.say('No measurement passes the filters.');
      const withCourse = shown.filter((m) => m.course && groupsOf(m.course.channels).length > 0);
      if (withCourse.length === 0) return self.say('Nothing was sampled during these measurements, or it is not in this report.');
      self.say(null);
      const chosen = withCourse.find(({ id }) => String(id) === option('course')) ?? withCourse[0];
      const nameOf = labeller(withCourse);
      which.update(withCourse.map((m) => ({ value: String(m.id), text: `${nameOf(m)} (${verdictOf(m).text})` })), String(chosen.id));
      const groups = groupsOf(chosen.course.channels);
      const order = groups.flat();
      const before = chosen.conditions?.temperature_before ?? null;
      const after = chosen.conditions?.temperature_after ?? null;
      const warmth = before === null || after === null ? '' : `The processor had ${plain(before)}\u00a0°C before and ${plain(after)}\u00a0°C after.`;
      const has = (unit) => order.some((channel) => channel.unit === unit);
      const untold = [has('Hz') ? '' : 'clock', has('degC') ? '' : 'temperature'].filter(Boolean);
      const silence = untold.length > 0 ? `The device did not tell its ${listing(untold)}.` : '';
      chart.update({
        heading: `Course of ${nameOf(chosen)}`,
        caption: `${plural(order.length, 'channel')} over ${plain(chosen.course.offsets_s.at(-1))} s; the shade is the warm-up. Verdict: ${verdictOf(chosen).text}. ${[silence, warmth].filter(Boolean).join(' ')}`.trim(),
        build: courseChart({ course: chosen.course, groups, looksOf: (channel) => order.indexOf(channel) }),
        table: {
          columns: [{ title: 'Channel, while measuring' }, ...['values', 'least', 'median', 'most'].map((title) => ({ title, numeric: true }))],
          rows: rowsOf(groups, chosen.course),
        },
      }, themeName);
    },
  };
}
