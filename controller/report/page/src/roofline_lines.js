// The roofs of a device: what it can do at best, as lines over the intensity.
import { groupBy } from './settings.js';

// A peak is in multiply-adds, an operator in operations; a multiply-add is two.
const OPERATIONS = 2;

// The peaks measured with as many threads as the report's own figures, else with the most.
export function peaksFor({ peaks, threads }) {
  const best = [...groupBy(peaks, ({ quantity }) => quantity).values()].map(
    (group) => group.find((peak) => peak.threads === threads) ?? group.reduce((a, b) => (b.threads > a.threads ? b : a)),
  );
  const bandwidth = best.find(({ quantity }) => quantity === 'bandwidth')?.per_second ?? null;
  const compute = best
    .filter(({ quantity }) => quantity !== 'bandwidth')
    .map(({ quantity, per_second: rate }) => ({ precision: quantity, flops: rate * OPERATIONS }));
  return { bandwidth, compute };
}

// [intensity, FLOP/s] from `low` to `high` FLOP per byte: up along the bandwidth, then flat.
export function roofPoints({ flops }, bandwidth, low, high) {
  if (!bandwidth) return [[low, flops], [high, flops]];
  const ridge = flops / bandwidth;
  const height = (intensity) => Math.min(flops, intensity * bandwidth);
  return [low, ridge, high].filter((x) => x >= low && x <= high).map((x) => [x, height(x)]);
}
