// What two measurements can be weighed against each other by.
import { BYTES, JOULES, TIME, bytes, decibels, isKnown, joules, percent, plain, time } from './format.js';

const PERCENT = [{ unit: '%', factor: 0.01 }];

// Others are held against fp32, which agrees with itself.
const isReference = (m) => m.precision === 'fp32';

// Of the outputs, as a share of them: 20 dB are 10 %.
function errorOf(m) {
  if (isReference(m) || m.parity?.bit_identical) return 0;
  return isKnown(m.parity?.sqnr_db) ? 10 ** (-m.parity.sqnr_db / 20) : null;
}

function errorText(m) {
  if (errorOf(m) === 0) return isReference(m) ? '0 % (the reference)' : '0 % (bit-equal)';
  return `${plain(100 * errorOf(m))} % (${decibels(m.parity.sqnr_db)})`;
}

export const METRICS = [
  {
    key: 'latency', title: 'median latency', smaller: true, steps: TIME,
    of: (m) => m.latency_ns?.median ?? null,
    text: (m) => time(m.latency_ns.median, m.latency_ns.ci95_low, m.latency_ns.ci95_high),
  },
  { key: 'size', title: 'model size', smaller: true, steps: BYTES, of: (m) => m.model_bytes, text: (m) => bytes(m.model_bytes) },
  { key: 'memory', title: 'peak memory', smaller: true, steps: BYTES, of: (m) => m.peak_rss_bytes, text: (m) => bytes(m.peak_rss_bytes) },
  { key: 'model-memory', title: 'memory of the model', smaller: true, steps: BYTES, of: (m) => m.model_memory_bytes, text: (m) => bytes(m.model_memory_bytes) },
  { key: 'parity', title: 'error against fp32', smaller: true, steps: PERCENT, toFp32: true, of: errorOf, text: errorText },
  {
    key: 'top1', title: 'top-1 agreement with fp32', smaller: false, steps: PERCENT, toFp32: true,
    of: (m) => (isReference(m) ? 1 : m.parity?.top1_agreement ?? null),
    text: (m) => percent(isReference(m) ? 1 : m.parity.top1_agreement),
  },
  {
    key: 'energy', title: 'energy of an inference', smaller: true, steps: JOULES,
    of: (m) => m.energy?.joules_per_inference ?? null,
    text: (m) => joules(m.energy.joules_per_inference, m.energy.joules_per_inference_low, m.energy.joules_per_inference_high),
  },
];

// That fp32 equals itself tells nothing by itself.
export const metricsKnownOf = (measurements) =>
  METRICS.filter((metric) => measurements.some((m) => isKnown(metric.of(m)) && !(metric.toFp32 && isReference(m))));
