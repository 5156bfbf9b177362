// What is measured beside or in place of the steady latency.
import { isKnown, plain, plural, time } from './format.js';

// "start 412 ms, load 88.0 ms, first 21.3 ms, second 9.10 ms"; null of another scenario.
export function coldText({ cold }) {
  if (!cold) return null;
  return [['start', cold.start_ns], ['load', cold.load_ns], ['first', cold.first_ns], ['second', cold.second_ns]]
    .map(([name, ns]) => `${name} ${time(ns)}`)
    .join(', ');
}

export const rateOf = ({ throughput, server }) => throughput?.per_second ?? server?.rate_per_second ?? null;

// Inferences per second, as many at once or within a bound; null of another scenario.
export function rateText({ throughput, server }) {
  if (throughput) {
    const { per_second: rate, per_second_low: low, per_second_high: high, streams } = throughput;
    const interval = isKnown(low) && isKnown(high) ? ` (${plain(low)} to ${plain(high)})` : '';
    return `${plain(rate)} per s${interval}, ${plural(streams, 'stream')}`;
  }
  if (!server) return null;
  const { rate_per_second: rate, latency_bound_ns: bound, streams } = server;
  const within = `within ${time(bound)}, ${plural(streams, 'stream')}`;
  return isKnown(rate) ? `${plain(rate)} per s ${within}` : `no rate ${within}`;
}
