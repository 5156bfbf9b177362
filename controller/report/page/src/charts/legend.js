// The legend as part of the drawing, so that a saved chart explains itself. Ours and
// not ECharts', whose height nobody knows before it is drawn.
import { outlineOf } from '../palette.js';
import { FONT, SIZE, fitted, widthOf } from './text.js';

const ROW = 20;
const GAP = 18;
const ICON = 26;
const LONGEST = 260;

function iconOf({ colour, dash, symbol, filled = true, block }, x, y, theme) {
  const parts = [];
  if (block) {
    parts.push({ type: 'rect', shape: { x, y: y - 5, width: 18, height: 10 }, style: { fill: colour, stroke: colour, opacity: block } });
  }
  if (dash !== undefined) {
    const lineDash = dash === 'solid' ? null : dash;
    parts.push({ type: 'line', shape: { x1: x, y1: y, x2: x + 22, y2: y }, style: { stroke: colour, lineWidth: 2, lineDash } });
  }
  if (symbol !== undefined) {
    parts.push({
      type: 'path',
      x: x + (dash === undefined ? 4 : 6.5),
      y: y - 4.5,
      scaleX: 0.9,
      scaleY: 0.9,
      shape: { pathData: outlineOf(symbol) },
      style: { fill: filled ? colour : theme.surface, stroke: colour, lineWidth: 1.6 },
    });
  }
  return parts;
}

// entries: {text, colour, dash, symbol, filled, block}. {elements, height}: shapes and
// words in rows from `top` down, and the height that they take.
export function legend(entries, { theme, width, left = 4, top = 0 }) {
  const elements = [];
  let x = left;
  let y = top + ROW / 2;
  for (const entry of entries) {
    const text = fitted(entry.text, Math.min(LONGEST, width - left - ICON));
    const advance = ICON + widthOf(text) + GAP;
    if (x > left && x + advance - GAP > width) {
      x = left;
      y += ROW;
    }
    const style = { text, x: x + ICON, y, fill: theme.ink, font: `${SIZE}px ${FONT}`, verticalAlign: 'middle' };
    elements.push(...iconOf(entry, x, y, theme), { type: 'text', style });
    x += advance;
  }
  return { elements, height: entries.length > 0 ? y + ROW / 2 - top + 6 : 0 };
}
