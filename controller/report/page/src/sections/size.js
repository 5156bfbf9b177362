// Size of the models before quantizing and after.
import { groupedBars } from '../charts/bars.js';
import { BYTES, bytes, listing, percent, tick } from '../format.js';
import { sharedUnit } from '../charts/parts.js';
import { colourOf } from '../palette.js';
import { groupBy, labeller, modelKey, valuesOf } from '../settings.js';
import { barsSection } from './bars_section.js';

const smallerBy = (m) => (m.model_bytes_fp32 && m.precision !== 'fp32' && m.model_bytes ? m.model_bytes / m.model_bytes_fp32 : null);

// A size belongs to a model in a precision, whatever ran it; where devices differ (by
// their engines), there is a row for each.
function sizesOf(measurements) {
  const known = measurements.filter((m) => m.model_bytes !== null);
  const kinds = [...groupBy(known, (m) => JSON.stringify([modelKey(m), m.precision, bytes(m.model_bytes)])).values()];
  return kinds.map((same) => ({ ...same[0], devices: [...new Set(same.map((m) => m.device))] }));
}

// Told apart by their devices, or by their settings where the devices are the same.
function labelsOf(sizes) {
  const keyOf = (m) => JSON.stringify([modelKey(m), m.precision]);
  const alike = groupBy(sizes, keyOf);
  const nameOf = labeller(sizes, ['device', 'model', 'weights']);
  const where = (m) => listing(m.devices, 2);
  return (m) => {
    const others = alike.get(keyOf(m)).filter((other) => other !== m);
    if (others.length === 0) return m.precision;
    return others.some((other) => where(other) === where(m)) ? nameOf(m) : `${m.precision} on ${where(m)}`;
  };
}

// fp32 first: it is what the others are held against.
const byPrecision = (rows) => valuesOf(rows, 'precision').flatMap((precision) => rows.filter((m) => m.precision === precision));

function sizeChart({ shown, looks }) {
  const sizes = sizesOf(shown);
  if (sizes.length === 0) return 'The size of no model is known.';
  const nameOf = labelsOf(sizes);
  const unit = sharedUnit(BYTES, sizes.map((m) => m.model_bytes));
  const textOf = (m) => {
    const share = smallerBy(m);
    return share === null ? bytes(m.model_bytes) : `${bytes(m.model_bytes)}, ${percent(share, 0)} of fp32`;
  };
  const groups = [...groupBy(sizes, modelKey).values()].map(byPrecision);
  return {
    heading: 'Model size by precision',
    caption: 'Serialized size of each model in each precision that was measured, and its share of the size in fp32.',
    build: (frame) => groupedBars({
      groups: groups.map((rows) => ({
        heading: rows[0].weights ? `${rows[0].model} (${rows[0].weights})` : rows[0].model,
        rows: rows.map((m) => ({
          label: nameOf(m),
          text: textOf(m),
          tooltip: [`${m.model} · ${m.precision}`, textOf(m), `the same on ${listing(m.devices)}`],
          parts: [{ value: m.model_bytes, colour: colourOf(frame.theme, looks.precision(m.precision)) }],
        })),
      })),
      axisName: unit.unit,
      formatTick: (value) => tick(value / unit.factor),
    })(frame),
    table: {
      columns: [{ title: 'Model' }, { title: 'precision' }, { title: 'size', numeric: true }, { title: 'in fp32', numeric: true }, { title: 'share', numeric: true }],
      rows: groups.flat().map((m) => [m.model, nameOf(m), bytes(m.model_bytes), bytes(m.model_bytes_fp32), percent(smallerBy(m), 0)]),
    },
  };
}

export const sizeSection = () => barsSection({ id: 'size', title: 'Size before and after', chartOf: sizeChart });
