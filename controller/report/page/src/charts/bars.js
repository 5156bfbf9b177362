// Horizontal bars in groups: a heading for each group, a line for each bar, and beside
// the bar its figure in words. Labels are ours: those of an axis would be cut or turned.
import { FONT, SIZE, fitted } from './text.js';
import { baseOption, tooltip, whiskers, widest, xAxis } from './parts.js';
import { legend } from './legend.js';

const ROW = 22;
const MARGIN = 6;
const AXIS = 46;

// groups: {heading, rows: {label, text, tooltip, parts: {value, colour, opacity}[], low, high}[]}.
// `stacked`: the parts of a row lie end to end, else over each other, the first behind.
function linesOf(groups) {
  return groups.flatMap(({ heading, rows }) => [
    ...(heading ? [{ heading }] : []),
    ...rows.map((row) => ({ row })),
  ]);
}

export function groupedBars({ groups, axisName, formatTick, entries = [], stacked = false, max = null }) {
  return ({ theme, width }) => {
    const top = legend(entries, { theme, width });
    const lines = linesOf(groups);
    const rows = lines.map(({ row }) => row ?? null);
    const texts = rows.filter(Boolean).map(({ text }) => text);
    const right = Math.min(widest(texts) + 14, width * 0.45);
    const labels = rows.filter(Boolean).map(({ label }) => label);
    const left = Math.min(widest(labels) + 22, width * 0.36);
    const parts = Math.max(1, ...rows.filter(Boolean).map((row) => row.parts.length));
    const middleOf = (line) => top.height + MARGIN + (line + 0.5) * ROW;

    const words = lines.map(({ heading, row }, line) => ({
      type: 'text',
      silent: true,
      style: heading
        ? { text: fitted(heading, width - 8), x: 4, y: middleOf(line) + 2, fill: theme.ink, font: `600 ${SIZE}px ${FONT}`, verticalAlign: 'middle' }
        : { text: fitted(row.label, left - 16), x: left - 8, y: middleOf(line), fill: theme.ink, font: `${SIZE}px ${FONT}`, align: 'right', verticalAlign: 'middle' },
    }));

    const series = Array.from({ length: parts }, (_, part) => ({
      type: 'bar',
      stack: stacked ? 'all' : undefined,
      barWidth: ROW - 8,
      barGap: '-100%',
      z: 2 + part,
      label: {
        show: part === parts - 1 && !stacked,
        position: 'right',
        color: theme.ink,
        fontSize: SIZE,
        fontFamily: FONT,
        formatter: ({ dataIndex }) => rows[dataIndex]?.text ?? '',
      },
      data: rows.map((row) => {
        const own = row?.parts[part];
        if (!own) return { value: null };
        return { value: own.value, itemStyle: { color: own.colour, opacity: own.opacity ?? 1 } };
      }),
    }));
    // The figure stands at the end of the longest part, the first where parts overlap.
    if (!stacked && parts > 1) series.forEach((one, part) => { one.label.show = part === 0; });

    const intervals = rows.flatMap((row, line) => (row && row.low !== null && row.low !== undefined ? [[line, row.low, row.high]] : []));
    const reach = max ?? Math.max(...rows.map((row) => Math.max(row?.high ?? 0, ...(row?.parts.map(({ value }) => value ?? 0) ?? [0]))));
    return {
      height: top.height + MARGIN + lines.length * ROW + AXIS,
      option: {
        ...baseOption(theme),
        graphic: { elements: [...top.elements, ...words, ...placedTexts(rows, { theme, stacked, left, middleOf, end: width - right })] },
        tooltip: tooltip(theme, ({ dataIndex }) => rows[dataIndex]?.tooltip),
        grid: { left, right, top: top.height + MARGIN, height: lines.length * ROW, outerBoundsMode: 'none' },
        xAxis: xAxis(theme, axisName, { type: 'value', min: 0, max: reach || 1, axisLabel: { formatter: formatTick } }),
        yAxis: { type: 'category', inverse: true, data: lines.map((_, line) => String(line)), axisLabel: { show: false }, axisTick: { show: false }, axisLine: { lineStyle: { color: theme.axis } } },
        series: [...series, whiskers({ data: intervals, colour: theme.ink, horizontal: true, z: 8 })],
      },
    };
  };
}

// Where there is no bar to stand at the end of: of a stack, which always fills its line,
// beside it, and of what failed at its beginning.
function placedTexts(rows, { theme, stacked, left, middleOf, end }) {
  return rows.flatMap((row, line) => {
    if (!row || (!stacked && row.parts.length > 0)) return [];
    const style = { text: row.text, x: (stacked ? end : left) + 8, y: middleOf(line), fill: theme.ink, font: `${SIZE}px ${FONT}`, verticalAlign: 'middle' };
    return [{ type: 'text', silent: true, style }];
  });
}
