// The points that no other point beats: what one can choose from without giving
// something away for nothing.

const atLeastAsGood = (a, b, smallerIsBetter) => (smallerIsBetter ? a <= b : a >= b);

function beats(a, b, senses) {
  const noWorse = atLeastAsGood(a.x, b.x, senses.x) && atLeastAsGood(a.y, b.y, senses.y);
  return noWorse && (a.x !== b.x || a.y !== b.y);
}

// points: {x, y, ...}; senses: {x, y}, true where smaller is better. In the order of x;
// points that are equal in both are all on the front.
export function paretoFront(points, senses) {
  return points
    .filter((point) => !points.some((other) => beats(other, point, senses)))
    .sort((a, b) => a.x - b.x || a.y - b.y);
}
