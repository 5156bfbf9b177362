// What to choose from when two things matter at once.
import { paretoChart } from '../charts/pareto.js';
import { choice } from '../controls.js';
import { clipped, h } from '../dom.js';
import { figure } from '../figure.js';
import { isKnown, plural } from '../format.js';
import { metricsKnownOf } from '../metrics.js';
import { paretoFront } from '../pareto.js';
import { section } from '../section.js';
import { groupBy, labeller, valuesOf } from '../settings.js';
import { isTrusted, verdictOf } from '../verdict.js';

// `told`: what the heading of a front says, and its members need not.
const SCOPES = [
  { value: 'device', text: 'for each device', keyOf: (m) => m.device, colourBy: 'device', told: ['device'] },
  { value: 'model', text: 'for each device and model', keyOf: (m) => JSON.stringify([m.device, m.model]), colourBy: 'model', told: ['device', 'model'] },
  { value: 'all', text: 'over all', keyOf: () => '', colourBy: 'device', told: [] },
];

// {points, fronts: {key, points}[]} of the measurements that have both figures.
function frontsOf(measurements, x, y, scope, { nameOf, shortNameOf }) {
  const points = valuesOf(measurements, 'device')
    .flatMap((device) => measurements.filter((m) => m.device === device))
    .map((measurement) => ({ measurement, name: nameOf(measurement), short: shortNameOf(measurement), x: x.of(measurement), y: y.of(measurement) }))
    .filter((point) => isKnown(point.x) && isKnown(point.y));
  const fronts = [...groupBy(points, ({ measurement }) => scope.keyOf(measurement))].map(([key, group]) => ({
    key,
    points: paretoFront(group, { x: x.smaller, y: y.smaller }),
  }));
  const best = new Set(fronts.flatMap((front) => front.points));
  for (const point of points) point.onFront = best.has(point);
  return { points, fronts };
}

function frontText(front, x, y) {
  const items = front.points.map(({ measurement, short }) =>
    h('li', { 'data-measurement': measurement.id }, clipped(`${short}: ${x.text(measurement)}, ${y.text(measurement)} (${verdictOf(measurement).text})`)));
  return h('ul', { class: 'front' }, items);
}

const headingOf = (scope, front) => {
  const [{ measurement }] = front.points;
  if (scope.value === 'all') return 'Over all';
  return scope.value === 'device' ? `On ${measurement.device}` : `${measurement.model} on ${measurement.device}`;
};

export function paretoSection(store) {
  const self = section('pareto', 'Trade-offs',
    'A measurement is on the front when no other is at least as good in both figures and better in one. Models that do different things are no substitutes for each other: filter to those that are.');
  const xChoice = choice('pareto-x', 'Across', (value) => store.setOption('x', value));
  const yChoice = choice('pareto-y', 'Up', (value) => store.setOption('y', value));
  const scopeChoice = choice('pareto-scope', 'Front', (value) => store.setOption('front', value));
  const chart = figure('pareto');
  const listed = h('div', { class: 'fronts', id: 'pareto-fronts' });
  self.controls.append(xChoice.element, yChoice.element, scopeChoice.element);
  self.body.append(chart.element, listed);

  return {
    ...self,
    update({ shown, usual, looks, themeName, option }) {
      if (shown.length === 0) return self.say('No measurement passes the filters.');
      const trusted = usual.filter(isTrusted);
      const metrics = metricsKnownOf(trusted);
      if (trusted.length === 0) return self.say(`No measurement is weighed: ${usual.length === 1 ? 'the one that there is' : `all ${usual.length}`} failed or ${usual.length === 1 ? 'is' : 'are'} marked invalid.`);
      if (metrics.length < 2) return self.say('There are no two figures of one measurement to weigh against each other.');
      self.say(null);
      const named = (key, fallback) => metrics.find((metric) => metric.key === key) ?? fallback;
      const x = named(option('x'), metrics[0]);
      const y = named(option('y'), metrics.find((metric) => metric !== x));
      const choices = metrics.map(({ key, title }) => ({ value: key, text: title }));
      xChoice.update(choices, x.key);
      yChoice.update(choices, y.key);
      const scope = SCOPES.find(({ value }) => value === option('front')) ?? SCOPES[0];
      scopeChoice.update(SCOPES.map(({ value, text }) => ({ value, text })), scope.value);

      const nameOf = labeller(trusted);
      const shortNameOf = labeller(trusted, scope.told);
      const { points, fronts } = frontsOf(trusted, x, y, scope, { nameOf, shortNameOf });
      const without = trusted.length - points.length;
      const invalid = usual.length - trusted.length;
      const missing = [
        without > 0 ? `${plural(without, 'measurement')} without one of the two figures ${without === 1 ? 'is' : 'are'} left out` : '',
        invalid > 0 ? `${plural(invalid, 'measurement')} that failed or ${invalid === 1 ? 'is' : 'are'} marked invalid ${invalid === 1 ? 'is' : 'are'} left out` : '',
      ].filter(Boolean);
      chart.update({
        heading: `${x.title[0].toUpperCase()}${x.title.slice(1)} and ${y.title}`,
        caption: `${plural(points.length, 'measurement')}, the front ${scope.text}. ${missing.map((text) => `${text}.`).join(' ')}`.trim(),
        build: points.length > 0 ? paretoChart({ x, y, points, fronts, colourBy: scope.colourBy, looks }) : emptyDrawing,
        table: {
          columns: [{ title: 'Measurement' }, { title: x.title, numeric: true }, { title: y.title, numeric: true }, { title: 'on the front' }, { title: 'verdict' }],
          rows: points.map(({ measurement, name, onFront }) => [name, x.text(measurement), y.text(measurement), onFront ? 'yes' : 'no', verdictOf(measurement).text]),
        },
      }, themeName);
      listed.replaceChildren(...fronts.map((front) => h('div', {}, h('h3', { title: headingOf(scope, front) }, headingOf(scope, front)), frontText(front, x, y))));
    },
  };
}

// Two figures that no measurement has together.
const emptyDrawing = ({ theme }) => ({ height: 8, option: { backgroundColor: theme.surface } });
