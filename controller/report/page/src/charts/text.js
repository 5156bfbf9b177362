// How wide text is, for what ECharts does not lay out by itself.

// Without quotation marks, which would end the attributes that it comes to stand in.
export const FONT = 'system-ui, -apple-system, Segoe UI, Roboto, Liberation Sans, DejaVu Sans, sans-serif';
export const SIZE = 12;

let context = null;

export function widthOf(text, size = SIZE, weight = 'normal') {
  context ??= document.createElement('canvas').getContext('2d');
  context.font = `${weight} ${size}px ${FONT}`;
  return context.measureText(text).width;
}

// As much of the text as fits, with an ellipsis where something is missing.
export function fitted(text, width, size = SIZE, weight = 'normal') {
  if (widthOf(text, size, weight) <= width) return text;
  const characters = [...text.slice(0, 400)];
  let low = 0;
  let high = characters.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (widthOf(`${characters.slice(0, middle).join('')}…`, size, weight) <= width) low = middle;
    else high = middle - 1;
  }
  return `${characters.slice(0, low).join('').trimEnd()}…`;
}
