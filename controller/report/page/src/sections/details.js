// Every measurement with all that is known of it.
import { clipped, h } from '../dom.js';
import { TIME, UNKNOWN, bytes, count, decibels, intervalOf, isKnown, joules, percent, plain, time } from '../format.js';
import { coldText, rateOf, rateText } from '../scenarios.js';
import { section } from '../section.js';
import { sortableTable } from '../tables.js';
import { speedUpOf, verdictOf } from '../verdict.js';
import { verdictChip } from './matrix.js';

const text = (key, title) => ({ key, title, value: (m) => m[key], cell: (m) => m[key] ?? UNKNOWN });
const number = (key, title, valueOf, format) => ({ key, title, numeric: true, value: valueOf, cell: (m) => format(valueOf(m), m) });
const whole = (key, title) => number(key, title, (m) => m[key], (value) => (value === null ? UNKNOWN : String(value)));
const latency = (key, title) => number(key, title, (m) => m.latency_ns?.[key] ?? null, (value) => time(value));

function speedUpText(m) {
  const speedUp = speedUpOf(m);
  if (!speedUp) return UNKNOWN;
  return speedUp.interval ? `${speedUp.text} (${speedUp.interval})` : speedUp.text;
}

function parityText({ parity }) {
  if (!parity) return UNKNOWN;
  if (parity.bit_identical) return 'bit-equal';
  return `${decibels(parity.sqnr_db)}${parity.random_weights ? ', random weights' : ''}`;
}

function conditionsText({ conditions }) {
  if (!conditions) return UNKNOWN;
  const { temperature_before: before, temperature_after: after, others_cores: others, stolen_cores: stolen } = conditions;
  const words = [];
  if (isKnown(before) || isKnown(after)) words.push(`${plain(before)} to ${plain(after)} °C`);
  if (isKnown(others)) words.push(`others ${plain(others, 2)} cores`);
  if (isKnown(stolen)) words.push(`stolen ${plain(stolen, 2)} cores`);
  return words.join(', ') || UNKNOWN;
}

const LONG_NOTES = 2;

function notesCell(m) {
  const speedUp = speedUpOf(m);
  const notes = [m.message, ...(m.validity?.reasons ?? []), speedUp?.note ? `against fp32: ${speedUp.detail || speedUp.note}` : '', ...m.notes].filter(Boolean);
  if (notes.length === 0) return UNKNOWN;
  const list = h('ul', { class: 'notes' }, notes.map((note) => h('li', {}, clipped(note))));
  return { element: notes.length < LONG_NOTES ? list : h('details', {}, h('summary', {}, `${notes.length} notes`), list) };
}

const ALL_COLUMNS = [
  { key: 'id', title: '#', numeric: true, value: (m) => m.id, cell: (m) => String(m.id) },
  text('device', 'Device'),
  text('model', 'Model'),
  text('precision', 'Precision'),
  { key: 'verdict', title: 'Verdict', value: (m) => verdictOf(m).text, cell: (m) => ({ element: verdictChip(m) }) },
  number('median', 'Median', (m) => m.latency_ns?.median ?? null, (value, m) => time(value, m.latency_ns?.ci95_low, m.latency_ns?.ci95_high)),
  { key: 'interval', title: '95 % interval', numeric: true, value: (m) => m.latency_ns?.ci95_low ?? null, cell: (m) => intervalOf(TIME, m.latency_ns?.median, m.latency_ns?.ci95_low, m.latency_ns?.ci95_high) },
  { key: 'speed-up', title: 'Against fp32', numeric: true, value: (m) => m.versus_fp32?.ratio ?? null, cell: speedUpText },
  latency('mean', 'Mean'),
  latency('stddev', 'Std dev'),
  latency('min', 'Least'),
  latency('p90', 'p90'),
  latency('p99', 'p99'),
  number('samples', 'Samples', (m) => m.latency_ns?.samples ?? null, (value, m) => (value === null ? UNKNOWN : `${value} in ${m.latency_ns.processes}`)),
  whole('batch', 'Batch'),
  whole('image_size', 'Image'),
  whole('seq_len', 'Sequence'),
  whole('frames', 'Frames'),
  whole('ctc_weight', 'CTC weight'),
  whole('threads', 'Threads'),
  text('target', 'Target'),
  text('engine', 'Engine'),
  text('optimize', 'Optimize'),
  text('scenario', 'Scenario'),
  text('variant', 'Variant'),
  text('weights', 'Weights'),
  number('size', 'Size', (m) => m.model_bytes, bytes),
  number('parameters', 'Parameters', (m) => m.parameters, count),
  number('flops', 'Multiply-adds', (m) => m.flops, count),
  number('memory', 'Peak memory', (m) => m.peak_rss_bytes, bytes),
  number('model-memory', 'Of the model', (m) => m.model_memory_bytes, bytes),
  number('energy', 'Energy', (m) => m.energy?.joules_per_inference ?? null, (value, m) => joules(value, m.energy?.joules_per_inference_low, m.energy?.joules_per_inference_high)),
  number('parity', 'Parity', (m) => m.parity?.sqnr_db ?? null, (value, m) => parityText(m)),
  number('top1', 'Top-1 agreement', (m) => m.parity?.top1_agreement ?? null, (value) => percent(value)),
  number('coverage', 'Coverage', (m) => (m.coverage ? m.coverage.covered_ops / m.coverage.total_ops : null), (value, m) => (m.coverage ? `${m.coverage.covered_ops}/${m.coverage.total_ops}` : UNKNOWN)),
  number('real-time', 'Real-time factor', (m) => m.real_time_factor, (value) => plain(value)),
  { key: 'cold', title: 'Cold start', numeric: true, value: (m) => m.cold?.first_ns ?? null, cell: (m) => coldText(m) ?? UNKNOWN },
  { key: 'rate', title: 'Rate', numeric: true, value: rateOf, cell: (m) => rateText(m) ?? UNKNOWN },
  { key: 'conditions', title: 'Conditions', value: (m) => m.conditions?.temperature_after ?? null, cell: conditionsText },
  text('stored_time', 'Stored'),
  text('run_id', 'Run'),
  { key: 'notes', title: 'Notes', value: (m) => m.notes.length, cell: notesCell },
];

// What fits across a sheet of paper, and is asked for most.
const ON_PAPER = ['id', 'device', 'model', 'precision', 'verdict', 'median', 'interval', 'speed-up', 'batch', 'image_size', 'seq_len', 'frames', 'threads', 'size', 'memory', 'parity'];
const COLUMNS = ALL_COLUMNS.map((column) => ({ ...column, secondary: !ON_PAPER.includes(column.key) }));

const SORT = /^(-?)(.+)$/;

export function detailsSection(store) {
  const self = section('details', 'All measurements', 'Press a heading to sort by it, and again to turn the order.');
  return {
    ...self,
    update({ shown, option }) {
      if (shown.length === 0) return self.say('No measurement passes the filters.');
      self.say(null);
      const [, minus, key] = SORT.exec(option('sort') ?? 'id') ?? [];
      const focused = self.body.contains(document.activeElement) ? document.activeElement.dataset.key : null;
      const old = self.body.querySelector('.scroll');
      const table = sortableTable('All measurements', COLUMNS, shown, { key, descending: minus === '-' },
        (sort) => store.setOption('sort', `${sort.descending ? '-' : ''}${sort.key}`));
      const scrolled = old?.scrollLeft ?? 0;
      const more = h('p', { class: 'on-paper aside' }, `The page has ${COLUMNS.length - ON_PAPER.length} more columns on a screen.`);
      self.body.replaceChildren(table, more);
      // Who sorts by keyboard, or has scrolled to the right, goes on where they were.
      if (scrolled > 0) table.scrollLeft = scrolled;
      if (focused) self.body.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    },
  };
}
