// Series that lie so far above the others that on one linear axis the others are flat.

// One that is five times the next lower one leaves all others a fifth of the height.
const GAP = 5;

// series: {peak, ...}. Those above the first gap in the upper half of the peaks: at
// most half of the series, or it would be the others that are unusual.
export function outliersOf(series) {
  const sorted = series.filter(({ peak }) => peak > 0).sort((a, b) => a.peak - b.peak);
  for (let i = Math.ceil(sorted.length / 2); i < sorted.length; ++i) {
    if (sorted[i].peak >= GAP * sorted[i - 1].peak) return sorted.slice(i);
  }
  return [];
}
