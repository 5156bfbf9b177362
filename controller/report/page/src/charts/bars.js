// Horizontal bars in groups: a heading for each group, a line for each bar, and beside
// the bar its figure in words. Labels are ours: those of an axis would be cut or turned.
import { FONT, SIZE, fitted } from './text.js';
import { baseOption, drawing, tooltip, whiskers, widest, xAxis } from './parts.js';
import { legend } from './legend.js';

const ROW = 22;
const MARGIN = 6;
const AXIS = 46;
// Of the width, for the bars themselves where labels are long.
const LEAST_SHARE = 0.3;

// Lines of headings and rows in sheets of at most so many; a group that goes on is named again.
export function sheetsOfLines(groups, most) {
  const sheets = [[]];
  for (const { heading, rows } of groups) {
    rows.forEach((row, i) => {
      const headed = i === 0 && heading ? [{ heading }] : [];
      const sheet = sheets.at(-1);
      if (sheet.length === 0 || sheet.length + headed.length + 1 <= most) sheet.push(...headed, { row });
      else sheets.push([...(i > 0 && heading ? [{ heading: `${heading}, continued` }] : headed), { row }]);
    });
  }
  return sheets;
}

// groups: {heading, rows: {label, text, tooltip, parts: {value, colour}[], low, high}[]}.
// `stacked`: the parts of a row lie end to end, else over each other, the first behind.
export function groupedBars({ groups, axisName, formatTick, entries = [], stacked = false, max = null }) {
  return ({ theme, width, most = Infinity }) => {
    const top = legend(entries, { theme, width });
    const all = groups.flatMap(({ rows }) => rows);
    const right = Math.min(widest(all.map(({ text }) => text)) + 14, width * 0.45);
    const left = Math.min(widest(all.map(({ label }) => label)) + 22, Math.max(width * 0.36, width * (1 - LEAST_SHARE) - right));
    const parts = Math.max(1, ...all.map((row) => row.parts.length));
    const reach = max ?? Math.max(...all.map((row) => Math.max(row.high ?? 0, ...row.parts.map(({ value }) => value))));
    const around = top.height + MARGIN + AXIS;
    const sheets = sheetsOfLines(groups, Math.floor((most - around) / ROW)).map(drawn);
    return { ...sheets[0], more: sheets.slice(1) };

    function drawn(lines) {
      const rows = lines.map(({ row }) => row ?? null);
      const middleOf = (line) => top.height + MARGIN + (line + 0.5) * ROW;
      // What is written over the lines of the axis stands on a ground of its own.
      const word = (text, x, line, more) => ({
        type: 'text',
        style: { text, x, y: middleOf(line), fill: theme.ink, font: `${SIZE}px ${FONT}`, verticalAlign: 'middle', backgroundColor: theme.surface, padding: [2, 3], ...more },
      });
      // Beside a stack, which always fills its line; else at the end of bar and whisker.
      const endOf = ({ parts: own, high }) => (stacked ? 1 : Math.max(0, high ?? 0, ...own.map(({ value }) => value)) / (reach || 1));
      const words = lines.flatMap(({ heading, row }, line) => (heading
        ? [word(fitted(heading, width - 8, SIZE, 600), 1, line, { font: `600 ${SIZE}px ${FONT}` })]
        : [
          word(fitted(row.label, left - 16), left - 5, line, { align: 'right' }),
          word(fitted(row.text, right - 6), left + endOf(row) * (width - left - right) + 4, line),
        ]));

      const series = Array.from({ length: parts }, (_, part) => ({
        type: 'bar',
        stack: stacked ? 'all' : undefined,
        barWidth: ROW - 8,
        barGap: '-100%',
        z: 2 + part,
        emphasis: { disabled: true },
        data: rows.map((row) => {
          const own = row?.parts[part];
          return own ? { value: own.value, itemStyle: { color: own.colour } } : { value: null };
        }),
      }));
      const intervals = rows.flatMap((row, line) => (row && row.low !== null && row.low !== undefined ? [[line, row.low, row.high]] : []));
      return {
        height: around + lines.length * ROW,
        option: {
          ...baseOption(theme),
          tooltip: tooltip(theme, ({ dataIndex }) => rows[dataIndex]?.tooltip),
          grid: { left, right, top: top.height + MARGIN, height: lines.length * ROW, outerBoundsMode: 'none' },
          xAxis: xAxis(theme, axisName, { type: 'value', min: 0, max: reach || 1, axisLabel: { formatter: formatTick, showMaxLabel: max !== null } }),
          yAxis: { type: 'category', inverse: true, data: lines.map((_, line) => String(line)), axisLabel: { show: false }, axisTick: { show: false }, axisLine: { lineStyle: { color: theme.axis } } },
          series: [drawing([...top.elements, ...words]), ...series, whiskers({ data: intervals, colour: theme.ink, horizontal: true, z: 8 })],
        },
      };
    }
  };
}
