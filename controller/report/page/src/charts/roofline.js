// Operators under the roofs of their device, both axes logarithmic.
import { bytesPerSecond, flops, percent, plain, time } from '../format.js';
import { colourOf, dashOf, symbolOf } from '../palette.js';
import { roofPoints } from '../roofline_lines.js';
import { legend } from './legend.js';
import { baseOption, drawing, tooltip, widest, xAxis, yAxis } from './parts.js';

const PLOT = 380;
const LEAST_DOT = 7;
const MOST_DOT = 26;

const distinct = (values) => [...new Set(values)];
const decade = (value, round) => 10 ** round(Math.log10(value));

// points: {operator, model, precision}, of those with an intensity and a rate.
export function rooflineChart({ points, peaks, looks }) {
  return ({ theme, width }) => {
    const colourFor = (precision) => colourOf(theme, looks.precision(precision));
    const intensities = points.map(({ operator }) => operator.intensity);
    const ridges = peaks.bandwidth ? peaks.compute.map((peak) => peak.flops / peaks.bandwidth) : [];
    const rates = [...points.map(({ operator }) => operator.flops_per_second), ...peaks.compute.map((peak) => peak.flops)];
    const [low, high] = [decade(Math.min(...intensities, ...ridges), Math.floor), decade(Math.max(...intensities, ...ridges) * 1.5, Math.ceil)];
    const [bottom, top] = [decade(Math.min(...rates), Math.floor), decade(Math.max(...rates) * 1.2, Math.ceil)];
    const roofName = ({ precision, flops: rate }) => `peak of ${precision}, ${flops(rate)}`;
    const roofIndex = (precision) => (precision === 'int8' ? 1 : looks.precision(precision));
    const entries = [
      ...peaks.compute.map((peak) => ({ text: roofName(peak), colour: colourOf(theme, roofIndex(peak.precision)), dash: dashOf(roofIndex(peak.precision)) })),
      ...distinct(points.map(({ precision }) => precision)).map((precision) => ({ text: `operators in ${precision}`, colour: colourFor(precision), symbol: looks.precision(precision) })),
    ];
    const above = legend(entries, { theme, width });
    const yText = (value) => flops(value).replace(/\.0+(?=\s)/, '');
    return {
      height: above.height + 12 + PLOT + 52,
      option: {
        ...baseOption(theme),
        tooltip: tooltip(theme, ({ data }) => {
          if (!data?.point) return null;
          const { operator, model, precision } = data.point;
          return [
            `${operator.name}${operator.kind ? ` (${operator.kind})` : ''}`,
            `${model} · ${precision}`,
            `${flops(operator.flops_per_second)} at ${plain(operator.intensity)} FLOP/byte`,
            `moves ${bytesPerSecond(operator.bytes_per_second)}`,
            `${time(operator.time_ns)}, ${percent(operator.share)} of the inference`,
            operator.share_of_bound === null ? 'bound unknown' : `${percent(operator.share_of_bound, 0)} of its bound, limited by ${operator.limited_by}`,
          ];
        }),
        grid: { left: widest(['100 GFLOP/s']) + 16, right: 24, top: above.height + 12, height: PLOT, outerBoundsMode: 'none' },
        xAxis: xAxis(theme, 'intensity, FLOP per byte', { type: 'log', min: low, max: high, axisLabel: { formatter: (value) => plain(value) } }),
        yAxis: yAxis(theme, '', { type: 'log', min: bottom, max: top, axisLabel: { formatter: yText } }),
        series: [
          drawing(above.elements),
          ...peaks.compute.map((peak) => ({
            type: 'line',
            data: roofPoints(peak, peaks.bandwidth, low, high),
            showSymbol: false,
            silent: true,
            clip: true,
            z: 2,
            lineStyle: { color: colourOf(theme, roofIndex(peak.precision)), width: 2, type: dashOf(roofIndex(peak.precision)) },
          })),
          {
            type: 'scatter',
            z: 3,
            symbolKeepAspect: true,
            emphasis: { disabled: true },
            data: points.map((point) => ({
              value: [point.operator.intensity, point.operator.flops_per_second],
              point,
              symbol: symbolOf(looks.precision(point.precision)),
              symbolSize: LEAST_DOT + (MOST_DOT - LEAST_DOT) * Math.sqrt(Math.min(1, point.operator.share)),
              itemStyle: { color: colourFor(point.precision), opacity: 0.75, borderColor: theme.surface, borderWidth: 0.8 },
            })),
          },
        ],
      },
    };
  };
}
