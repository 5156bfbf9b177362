// What the sections with one bar chart each have in common: groups by model, names that
// tell the bars of a model apart, and a sentence where there is nothing.
import { figure } from '../figure.js';
import { section } from '../section.js';
import { groupBy, labeller, modelKey, valuesOf } from '../settings.js';

const modelHeading = ([{ model, weights }]) => (weights ? `${model} (${weights})` : model);

// rowOf(measurement, {looks, theme}) gives a row of groupedBars without its label.
export function groupsByModel(measurements, rowOf) {
  const nameOf = labeller(measurements, ['model', 'weights']);
  // What is to be compared, the precisions on one device, lies side by side.
  const byDevice = (group) => valuesOf(group, 'device').flatMap((device) => group.filter((m) => m.device === device));
  return [...groupBy(measurements, modelKey).values()].map((group) => ({
    heading: modelHeading(group),
    rows: byDevice(group).map((m) => ({ label: nameOf(m), ...rowOf(m) })),
  }));
}

// chartOf(view) gives a sentence or {heading, caption, build, table}, with `extra`
// elements to put below the chart.
export function barsSection({ id, title, lead, chartOf }) {
  const self = section(id, title, lead);
  const chart = figure(id);
  self.body.append(chart.element);
  let below = [];
  return {
    ...self,
    update(view) {
      if (view.shown.length === 0) return self.say('No measurement passes the filters.');
      const content = chartOf(view);
      if (typeof content === 'string') return self.say(content);
      self.say(null);
      chart.update(content, view.themeName);
      for (const element of below) element.remove();
      below = content.extra ?? [];
      self.body.append(...below);
    },
  };
}
