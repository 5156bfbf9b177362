// What two measurements can be weighed against each other by.
import { BYTES, JOULES, TIME, bytes, decibels, isKnown, joules, percent, time } from './format.js';


export const METRICS = [
  {
    key: 'latency', title: 'median latency', smaller: true, steps: TIME,
    of: (m) => m.latency_ns?.median ?? null,
    text: (m) => time(m.latency_ns.median, m.latency_ns.ci95_low, m.latency_ns.ci95_high),
  },
  { key: 'size', title: 'model size', smaller: true, steps: BYTES, of: (m) => m.model_bytes, text: (m) => bytes(m.model_bytes) },
  { key: 'memory', title: 'peak memory', smaller: true, steps: BYTES, of: (m) => m.peak_rss_bytes, text: (m) => bytes(m.peak_rss_bytes) },
  { key: 'model-memory', title: 'memory of the model', smaller: true, steps: BYTES, of: (m) => m.model_memory_bytes, text: (m) => bytes(m.model_memory_bytes) },
  { key: 'parity', title: 'parity with fp32 (SQNR)', smaller: false, steps: [{ unit: 'dB', factor: 1 }], of: (m) => m.parity?.sqnr_db ?? null, text: (m) => decibels(m.parity.sqnr_db) },
  { key: 'top1', title: 'top-1 agreement with fp32', smaller: false, steps: [{ unit: '%', factor: 0.01 }], of: (m) => m.parity?.top1_agreement ?? null, text: (m) => percent(m.parity.top1_agreement) },
  {
    key: 'energy', title: 'energy of an inference', smaller: true, steps: JOULES,
    of: (m) => m.energy?.joules_per_inference ?? null,
    text: (m) => joules(m.energy.joules_per_inference, m.energy.joules_per_inference_low, m.energy.joules_per_inference_high),
  },
];

export const metricsKnownOf = (measurements) => METRICS.filter((metric) => measurements.some((m) => isKnown(metric.of(m))));
