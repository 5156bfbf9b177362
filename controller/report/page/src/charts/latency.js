// Latency along a setting: a panel for each device (or model, or precision), a line for
// each of what remains, whiskers for the intervals, and crosses where a run failed.
import { TIME, intervalOf, tick, time } from '../format.js';
import { colourOf, dashOf, symbolOf } from '../palette.js';
import { settingText, valuesOf } from '../settings.js';
import { isTrusted, verdictOf } from '../verdict.js';
import { legend } from './legend.js';
import { baseOption, drawing, ownUnitText, sharedUnit, tooltip, whiskers, widest, xAxis, yAxis } from './parts.js';
import { FONT, SIZE, fitted } from './text.js';

const PLOT = 210;
const TITLE = 24;
const FAILURE = 14;
const BELOW = 54;
const TWO_COLUMNS_FROM = 640;

// Which dimension is told by colour and which by dash and symbol, when panels have one.
const ENCODINGS = {
  device: { colour: 'model', dash: 'precision' },
  model: { colour: 'device', dash: 'precision' },
  precision: { colour: 'model', dash: 'device' },
  none: { colour: 'model', dash: 'precision', symbol: 'device' },
};

function legendEntries(series, encoding, looks, theme) {
  const told = series.map(({ measurements: [m] }) => m);
  const { colour, dash, symbol } = encoding;
  return [
    ...valuesOf(told, colour).map((value) => ({ text: value, colour: colourOf(theme, looks[colour](value)), block: 1 })),
    ...valuesOf(told, dash).map((value) => ({
      text: value,
      colour: theme.ink,
      dash: dashOf(looks[dash](value)),
      symbol: symbol ? undefined : looks[dash](value),
    })),
    ...(symbol ? valuesOf(told, symbol).map((value) => ({ text: value, colour: theme.ink, symbol: looks[symbol](value) })) : []),
  ];
}

function tooltipLines(m) {
  const { latency_ns: latency } = m;
  const lines = [`${m.device} · ${m.model} · ${m.precision}`, settingText(m)];
  if (latency) {
    lines.push(`median ${time(latency.median, latency.ci95_low, latency.ci95_high)}`);
    if (latency.ci95_low !== null) lines.push(`95 % interval ${intervalOf(TIME, latency.median, latency.ci95_low, latency.ci95_high)}`);
  }
  return [...lines, verdictOf(m).text, ...(m.message ? [m.message] : [])];
}

function lineSeries(one, place, { axis, encoding, looks, theme }) {
  const [first] = one.measurements;
  const colour = colourOf(theme, looks[encoding.colour](first[encoding.colour]));
  const dash = dashOf(looks[encoding.dash](first[encoding.dash]));
  const symbol = symbolOf(looks[encoding.symbol ?? encoding.dash](first[encoding.symbol ?? encoding.dash]));
  const measured = one.measurements.filter((m) => m.latency_ns);
  const points = measured.map((m) => ({
    value: [m[axis], m.latency_ns.median],
    measurement: m,
    itemStyle: isTrusted(m) ? { color: colour } : { color: theme.surface, borderColor: colour, borderWidth: 1.6 },
  }));
  const intervals = measured.filter((m) => m.latency_ns.ci95_low !== null).map((m) => [m[axis], m.latency_ns.ci95_low, m.latency_ns.ci95_high]);
  const common = { xAxisIndex: place, yAxisIndex: place };
  return [
    { type: 'line', ...common, data: points, symbol, symbolSize: 9, symbolKeepAspect: true, z: 3, lineStyle: { color: colour, width: 1.8, type: dash }, emphasis: { disabled: true } },
    whiskers({ data: intervals, colour, z: 2, ...common }),
  ];
}

// Crosses above the panel, over the value at which the run failed, one upon the other.
function failureSeries(series, place, { axis, encoding, looks, theme }) {
  const heights = new Map();
  const data = series.flatMap(({ measurements }) => measurements.filter((m) => !m.latency_ns)).map((m) => {
    const level = heights.get(m[axis]) ?? 0;
    heights.set(m[axis], level + 1);
    return { value: [m[axis], level], measurement: m, colour: colourOf(theme, looks[encoding.colour](m[encoding.colour])) };
  });
  return {
    type: 'custom',
    xAxisIndex: place,
    yAxisIndex: place,
    data,
    encode: { x: 0, y: -1 },
    clip: false,
    z: 6,
    renderItem(parameters, api) {
      const { measurement, colour } = data[parameters.dataIndex];
      const x = api.coord([api.value(0), 1])[0];
      const y = parameters.coordSys.y - 8 - FAILURE * api.value(1);
      const style = { text: `✕ ${measurement.outcome}`, fill: colour, font: `600 11px ${FONT}`, align: 'center', verticalAlign: 'middle' };
      return { type: 'text', x, y, style };
    },
  };
}

const mostFailures = (series, axis) => {
  const counts = new Map();
  for (const m of series.flatMap(({ measurements }) => measurements)) if (!m.latency_ns) counts.set(m[axis], (counts.get(m[axis]) ?? 0) + 1);
  return Math.max(0, ...counts.values());
};

// As many rows of panels in each as fit, one at least.
function sheetsOfPanels(panels, columns, top, axis, most) {
  const sheets = [];
  for (let first = 0; first < panels.length; first += columns) {
    const row = panels.slice(first, first + columns);
    const longer = [...(sheets.at(-1) ?? []), ...row];
    if (sheets.length > 0 && rowsOfPanels(longer, columns, top, axis).at(-1).end <= most) sheets[sheets.length - 1] = longer;
    else sheets.push(row);
  }
  return sheets;
}

// {title, plot, end}: from top to bottom; a row is as high as its failures need.
function rowsOfPanels(panels, columns, top, axis) {
  const rows = [];
  for (let first = 0; first < panels.length; first += columns) {
    const failures = Math.max(...panels.slice(first, first + columns).map((panel) => mostFailures(panel.series, axis)));
    const title = (rows.at(-1)?.end ?? top) + 6;
    const plot = title + TITLE + failures * FAILURE;
    rows.push({ title, plot, end: plot + PLOT + BELOW });
  }
  return rows;
}

function valueAxis(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const ticks = { customValues: values };
  const logarithmic = low > 0 && high / low >= 8;
  const margin = logarithmic ? 0 : Math.max((high - low) * 0.06, 0.5);
  return {
    type: logarithmic ? 'log' : 'value',
    logBase: 2,
    min: logarithmic ? low / 1.2 : low - margin,
    max: logarithmic ? high * 1.2 : high + margin,
    axisTick: { customValues: values },
    splitLine: { show: false },
    axisLabel: { ...ticks, formatter: (value) => tick(value) },
  };
}

export function latencyChart({ axis, series, panelBy, logarithmic, looks }) {
  return ({ theme, width, most = Infinity }) => {
    const encoding = ENCODINGS[panelBy];
    const top = legend(legendEntries(series, encoding, looks, theme), { theme, width });
    const names = panelBy === 'none' ? [''] : valuesOf(series.map(({ measurements: [m] }) => m), panelBy);
    const allPanels = names.map((name) => ({ name, series: panelBy === 'none' ? series : series.filter(({ measurements: [m] }) => m[panelBy] === name) }));
    const columns = width >= TWO_COLUMNS_FROM && allPanels.length > 1 ? 2 : 1;
    const cellWidth = width / columns;

    const all = series.flatMap(({ measurements }) => measurements);
    const xs = valuesOf(all, axis.key);
    const measured = all.filter((m) => m.latency_ns).map(({ latency_ns: l }) => [l.ci95_low ?? l.median, l.ci95_high ?? l.median]);
    const [least, slowest] = [Math.min(...measured.map(([low]) => low)), Math.max(...measured.map(([, high]) => high))];
    const unit = sharedUnit(TIME, [slowest]);
    const axisText = (ns) => (logarithmic ? ownUnitText(TIME, ns) : `${tick(ns / unit.factor)} ${unit.unit}`);
    const left = widest(['1000 ms', axisText(slowest)]) + 12;
    const range = logarithmic ? { min: 10 ** Math.floor(Math.log10(least)), max: 10 ** Math.ceil(Math.log10(slowest)) } : { min: 0, max: slowest * 1.05 };

    const context = { axis: axis.key, encoding, looks, theme };
    const sheets = sheetsOfPanels(allPanels, columns, top.height, axis.key, most).map(drawn);
    return { ...sheets[0], more: sheets.slice(1) };

    function drawn(panels) {
      const rows = rowsOfPanels(panels, columns, top.height, axis.key);
      const grids = panels.map((_, i) => ({
        left: (i % columns) * cellWidth + left,
        width: cellWidth - left - 20,
        top: rows[Math.floor(i / columns)].plot,
        height: PLOT,
        outerBoundsMode: 'none',
      }));
      const titles = panels.map(({ name }, i) => ({
        type: 'text',
        style: { text: fitted(name, cellWidth - left - 20, SIZE + 1, 600), x: grids[i].left, y: rows[Math.floor(i / columns)].title, fill: theme.ink, font: `600 ${SIZE + 1}px ${FONT}` },
      }));
      return {
        height: rows.at(-1).end,
        option: {
          ...baseOption(theme),
          tooltip: tooltip(theme, ({ data }) => (data?.measurement ? tooltipLines(data.measurement) : null)),
          grid: grids,
          xAxis: panels.map((_, i) => xAxis(theme, axis.unit ?? axis.title, { gridIndex: i, ...valueAxis(xs) })),
          yAxis: panels.map((_, i) => yAxis(theme, '', {
            gridIndex: i,
            type: logarithmic ? 'log' : 'value',
            ...range,
            axisLabel: { formatter: axisText, showMaxLabel: logarithmic },
          })),
          series: [
            drawing([...top.elements, ...titles]),
            ...panels.flatMap((panel, i) => [...panel.series.flatMap((one) => lineSeries(one, i, context)), failureSeries(panel.series, i, context)]),
          ],
        },
      };
    }
  };
}
