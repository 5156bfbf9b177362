// Energy of an inference, where something could measure it.
import { groupedBars } from '../charts/bars.js';
import { sharedUnit } from '../charts/parts.js';
import { clipped, h } from '../dom.js';
import { JOULES, UNKNOWN, intervalOf, isKnown, joules, listing, plain, plural, spread, tick } from '../format.js';
import { colourOf } from '../palette.js';
import { groupBy, labeller } from '../settings.js';
import { isTrusted, verdictOf } from '../verdict.js';
import { barsSection, groupsByModel } from './bars_section.js';

const hasFigure = (m) => isKnown(m.energy?.joules_per_inference);

const figures = ({ joules_per_inference: value, joules_per_inference_low: low, joules_per_inference_high: high }) => ({ value, low, high });

// "No energy on pi4: no sensor." for each reason once.
function reasonsOf(measurements) {
  const without = measurements.filter((m) => m.outcome === 'ok' && !hasFigure(m));
  return [...groupBy(without, (m) => m.energy_reason ?? 'the reason is not known')].map(([reason, group]) => ({
    text: `No energy on ${listing([...new Set(group.map((m) => m.device))])}: ${reason.replace(/\.?$/, '.')}`,
    count: group.length,
  }));
}

// A figure that something spoiled never stands without saying so.
function textOf(m) {
  const { value, low, high } = figures(m.energy);
  return `${joules(value, low, high)} ${spread(value, low, high)}`.trimEnd() + (isTrusted(m) ? '' : `, ${verdictOf(m).text}`);
}

function energyChart({ usual, looks }) {
  const reasons = reasonsOf(usual);
  const known = usual.filter(hasFigure);
  if (known.length === 0) return reasons.length > 0 ? reasons.map(({ text }) => text).join(' ') : 'No energy: nothing of this was measured to its end.';
  const nameOf = labeller(known);
  const unit = sharedUnit(JOULES, known.map((m) => m.energy.joules_per_inference));
  const row = (theme) => (m) => {
    const { value, low, high } = figures(m.energy);
    const tooltip = [nameOf(m), textOf(m), verdictOf(m).text, `measured by ${m.energy.source}`, `mean power ${isKnown(m.energy.mean_watts) ? `${plain(m.energy.mean_watts)} W` : UNKNOWN}`];
    return { text: textOf(m), tooltip, low, high, parts: [{ value, colour: colourOf(theme, looks.precision(m.precision)) }] };
  };
  const missing = reasons.map(({ text, count }) => h('li', {}, clipped(`${text} (${plural(count, 'measurement')})`)));
  return {
    heading: 'Energy of an inference',
    caption: 'Energy of one inference of the whole batch, without what the device takes idle; whiskers are 95 % intervals.',
    build: (frame) => groupedBars({
      groups: groupsByModel(known, row(frame.theme)),
      axisName: unit.unit,
      formatTick: (value) => tick(value / unit.factor),
    })(frame),
    table: {
      columns: [{ title: 'Measurement' }, { title: 'energy', numeric: true }, { title: '95 % interval', numeric: true }, { title: 'mean power', numeric: true }, { title: 'measured by' }, { title: 'verdict' }],
      rows: known.map((m) => {
        const { value, low, high } = figures(m.energy);
        const watts = isKnown(m.energy.mean_watts) ? `${plain(m.energy.mean_watts)} W` : UNKNOWN;
        return [nameOf(m), joules(value, low, high), intervalOf(JOULES, value, low, high), watts, m.energy.source ?? UNKNOWN, verdictOf(m).text];
      }),
    },
    extra: missing.length > 0 ? [h('ul', { class: 'aside' }, missing)] : [],
  };
}

export const energySection = () => barsSection({ id: 'energy', title: 'Energy', chartOf: energyChart });
