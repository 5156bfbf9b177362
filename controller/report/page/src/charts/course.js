// What a device did while it measured: a panel for each unit, all on one clock.
import { BYTES, HERTZ, plain, tick } from '../format.js';
import { colourOf, dashOf } from '../palette.js';
import { legend } from './legend.js';
import { baseOption, drawing, sharedUnit, tooltip, widest, xAxis, yAxis } from './parts.js';

const PLOT = 110;
const GAP = 46;

const LADDERS = { Hz: HERTZ, bytes: BYTES };
const UNIT_NAMES = { degC: '°C' };

export function unitOf(channels) {
  const [{ unit }] = channels;
  const ladder = LADDERS[unit];
  const values = channels.flatMap((channel) => channel.values.filter((value) => value !== null));
  return ladder ? sharedUnit(ladder, values) : { unit: UNIT_NAMES[unit] ?? unit, factor: 1 };
}

// Shade over the warm-up, which is no part of the figures.
function warmUp(place, start) {
  return {
    type: 'custom',
    xAxisIndex: place,
    yAxisIndex: place,
    data: [[start]],
    encode: { x: 0, y: -1 },
    silent: true,
    z: 1,
    tooltip: { show: false },
    renderItem(parameters, api) {
      const { x, y, width, height } = parameters.coordSys;
      const end = Math.min(Math.max(api.coord([api.value(0), 0])[0], x), x + width);
      return { type: 'rect', shape: { x, y, width: end - x, height }, style: { fill: '#8a8f98', opacity: 0.16 } };
    },
  };
}

// groups: lists of channels with one unit.
export function courseChart({ course, groups, looksOf }) {
  return ({ theme, width }) => {
    const { offsets_s: offsets, measure_start_s: start } = course;
    const entries = groups.flat().map((channel) => ({ text: channel.name, colour: colourOf(theme, looksOf(channel)), dash: dashOf(looksOf(channel)) }));
    const top = legend([...entries, ...(start > 0 ? [{ text: 'warm-up', colour: '#8a8f98', block: 0.3 }] : [])], { theme, width });
    const units = groups.map(unitOf);
    const texts = groups.flatMap((channels, i) => channels.flatMap(({ values }) => values.filter((v) => v !== null).map((v) => plain(v / units[i].factor, 4))));
    const left = Math.min(widest(texts) + 28, 90);
    const grids = groups.map((_, i) => ({ left, right: 24, top: top.height + 28 + i * (PLOT + GAP), height: PLOT, outerBoundsMode: 'none' }));
    const last = groups.length - 1;
    const [first, end] = [offsets[0], offsets.at(-1)];
    return {
      height: top.height + 28 + groups.length * (PLOT + GAP) + 14,
      option: {
        ...baseOption(theme),
        tooltip: tooltip(theme, (points) => {
          const lines = points.filter((point) => Array.isArray(point.value) && point.seriesType === 'line')
            .map((point) => `${point.seriesName}: ${point.value[1] === null ? 'unknown' : `${plain(point.value[1], 4)} ${units[point.axisIndex ?? 0]?.unit ?? ''}`}`);
          return lines.length > 0 ? [`${plain(points[0].axisValue, 3)} s`, ...lines] : null;
        }, { trigger: 'axis', axisPointer: { type: 'line', animation: false, lineStyle: { color: theme.axis } } }),
        grid: grids,
        xAxis: groups.map((_, i) => xAxis(theme, i === last ? 'seconds since the warm-up began' : '', { gridIndex: i, type: 'value', min: Math.min(0, first), max: end > first ? end : first + 1, axisLabel: { show: i === last, showMaxLabel: false, formatter: (value) => tick(Number(value.toPrecision(3))) } })),
        yAxis: groups.map((_, i) => yAxis(theme, units[i].unit, { gridIndex: i, type: 'value', scale: true, splitNumber: 3, axisLabel: { formatter: (value) => tick(Number(value.toPrecision(4))) } })),
        series: [drawing(top.elements), ...groups.flatMap((channels, i) => [
          ...channels.map((channel) => ({
            type: 'line',
            name: channel.name,
            xAxisIndex: i,
            yAxisIndex: i,
            showSymbol: offsets.length < 3,
            connectNulls: false,
            z: 3,
            data: offsets.map((offset, row) => [offset, channel.values[row] === null ? null : channel.values[row] / units[i].factor]),
            lineStyle: { color: colourOf(theme, looksOf(channel)), width: 1.6, type: dashOf(looksOf(channel)) },
            itemStyle: { color: colourOf(theme, looksOf(channel)) },
            emphasis: { disabled: true },
          })),
          ...(start > 0 ? [warmUp(i, start)] : []),
        ])],
      },
    };
  };
}
