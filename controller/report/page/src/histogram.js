// Histograms as outlines that can lie over each other.

// Points of the outline of a histogram, from the floor to the floor. Heights are the
// share of all samples, those beyond the last edge included, over the width of the bin:
// bins of different widths then have areas that can be compared.
export function outlineOfHistogram({ edges_ns: edges, counts, beyond }, unit) {
  const total = counts.reduce((sum, count) => sum + count, 0) + beyond;
  if (total === 0) return [];
  const points = [[edges[0] / unit, 0]];
  counts.forEach((count, i) => {
    const height = count / total / ((edges[i + 1] - edges[i]) / unit);
    points.push([edges[i] / unit, height], [edges[i + 1] / unit, height]);
  });
  points.push([edges.at(-1) / unit, 0]);
  return points;
}
