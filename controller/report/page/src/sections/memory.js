// Memory at its peak: of the whole process, and of the model in it.
import { groupedBars } from '../charts/bars.js';
import { sharedUnit } from '../charts/parts.js';
import { BYTES, bytes, tick } from '../format.js';
import { colourOf } from '../palette.js';
import { labeller } from '../settings.js';
import { verdictOf } from '../verdict.js';
import { barsSection, groupsByModel } from './bars_section.js';

// How much of a colour is left, in hexadecimal: about a third.
const PALE = '59';

function textOf(m) {
  const parts = [];
  if (m.peak_rss_bytes !== null) parts.push(bytes(m.peak_rss_bytes));
  if (m.model_memory_bytes !== null) parts.push(`model ${bytes(m.model_memory_bytes)}`);
  if (m.outcome !== 'ok') parts.push(verdictOf(m).text);
  return parts.join(', ');
}

function memoryChart({ usual, looks }) {
  const known = usual.filter((m) => m.peak_rss_bytes !== null || m.model_memory_bytes !== null);
  if (known.length === 0) return 'No device could say how much memory was taken.';
  const nameOf = labeller(known);
  const unit = sharedUnit(BYTES, known.map((m) => m.peak_rss_bytes ?? m.model_memory_bytes));
  const row = (theme) => (m) => {
    const colour = colourOf(theme, looks.precision(m.precision));
    const parts = [];
    if (m.peak_rss_bytes !== null) parts.push({ value: m.peak_rss_bytes, colour: `${colour}${PALE}` });
    if (m.model_memory_bytes !== null) parts.push({ value: m.model_memory_bytes, colour });
    return { text: textOf(m), tooltip: [nameOf(m), textOf(m)], parts };
  };
  return {
    heading: 'Peak memory',
    caption: 'Highest resident memory while only the measured model was held (pale), which includes LibTorch itself, and what of it the model took with its activations (full).',
    build: (frame) => groupedBars({
      groups: groupsByModel(known, row(frame.theme)),
      axisName: unit.unit,
      formatTick: (value) => tick(value / unit.factor),
      entries: [
        { text: 'process', colour: frame.theme.quiet, block: 0.35 },
        { text: 'of the model', colour: frame.theme.quiet, block: 1 },
      ],
    })(frame),
    table: {
      columns: [{ title: 'Measurement' }, { title: 'peak of the process', numeric: true }, { title: 'of the model', numeric: true }, { title: 'verdict' }],
      rows: known.map((m) => [nameOf(m), bytes(m.peak_rss_bytes), bytes(m.model_memory_bytes), verdictOf(m).text]),
    },
  };
}

export const memorySection = () => barsSection({ id: 'memory', title: 'Memory', chartOf: memoryChart });
