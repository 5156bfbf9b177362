// Histograms of samples over each other, and below them the median of each process.
import { TIME, percent, time, tick } from '../format.js';
import { outlineOfHistogram } from '../histogram.js';
import { colourOf, dashOf } from '../palette.js';
import { verdictOf } from '../verdict.js';
import { legend } from './legend.js';
import { baseOption, drawing, sharedUnit, tooltip, widest, xAxis, yAxis } from './parts.js';

const PLOT = 260;
const LANE = 12;

// A line of ticks below the plot for each measurement: one tick for each process.
function processTicks(entries, colours, unit) {
  const data = entries.flatMap(({ measurement }, lane) =>
    measurement.distribution.processes.map((process) => [process.median / unit.factor, lane]));
  return {
    type: 'custom',
    data,
    encode: { x: 0, y: -1 },
    clip: false,
    silent: true,
    tooltip: { show: false },
    renderItem(parameters, api) {
      const x = api.coord([api.value(0), 0])[0];
      const lane = api.value(1);
      const y = parameters.coordSys.y + parameters.coordSys.height + 8 + lane * LANE;
      return { type: 'line', shape: { x1: x, y1: y - 4, x2: x, y2: y + 4 }, style: { stroke: colours[lane], lineWidth: 2 } };
    },
  };
}

// entries: {measurement, name}; colours and dashes are by their order, as those of one
// device and model differ in other things than their precision too.
export function distributionChart(entries) {
  return ({ theme, width }) => {
    const unit = sharedUnit(TIME, entries.map(({ measurement }) => measurement.distribution.edges_ns.at(-1)));
    const colours = entries.map((_, i) => colourOf(theme, i));
    const lanes = entries.some(({ measurement }) => measurement.distribution.processes.length > 0) ? entries.length * LANE + 8 : 0;
    const top = legend(entries.map(({ name }, i) => ({ text: name, colour: colours[i], dash: dashOf(i) })), { theme, width });
    const outlines = entries.map(({ measurement }) => outlineOfHistogram(measurement.distribution, unit.factor));
    const edges = entries.flatMap(({ measurement }) => measurement.distribution.edges_ns.map((edge) => edge / unit.factor));
    const [low, high] = [Math.min(...edges), Math.max(...edges)];
    const margin = (high - low) * 0.03 || high * 0.03 || 1;
    const peak = Math.max(...outlines.flat().map(([, height]) => height));
    const yText = (value) => tick(Number((100 * value).toPrecision(3)));
    const left = widest([peak, peak * 0.77, peak / 3].map(yText)) + 28;
    return {
      height: top.height + 28 + PLOT + lanes + 50,
      option: {
        ...baseOption(theme),
        tooltip: tooltip(theme, ({ seriesName }) => {
          const entry = entries[Number(seriesName)];
          if (!entry) return null;
          const { latency_ns: latency, distribution } = entry.measurement;
          return [entry.name, verdictOf(entry.measurement).text, `median ${time(latency?.median ?? null)}`, `${latency?.samples ?? '–'} samples, ${distribution.beyond} beyond the last edge`];
        }, { trigger: 'item' }),
        grid: { left, right: 24, top: top.height + 28, height: PLOT, outerBoundsMode: 'none' },
        xAxis: xAxis(theme, `latency of a sample, ${unit.unit}`, { type: 'value', min: Math.max(0, low - margin), max: high + margin, nameGap: 28 + lanes, axisLabel: { margin: 8 + lanes, showMinLabel: false, showMaxLabel: false, formatter: (value) => tick(Number(value.toPrecision(4))) } }),
        yAxis: yAxis(theme, `% of samples per ${unit.unit}`, { type: 'value', min: 0, axisLabel: { formatter: yText } }),
        series: [
          drawing(top.elements),
          ...outlines.map((points, i) => ({
            type: 'line',
            name: String(i),
            data: points,
            showSymbol: false,
            triggerLineEvent: true,
            z: 3,
            lineStyle: { color: colours[i], width: 1.6, type: dashOf(i) },
            areaStyle: { color: colours[i], opacity: 0.14 },
            emphasis: { disabled: true },
          })),
          ...(lanes > 0 ? [processTicks(entries, colours, unit)] : []),
        ],
      },
    };
  };
}

// "fp32 3 of 545 samples (0.6 %, above 58.0 ms)"
export function beyondText({ measurement, name }) {
  const { counts, beyond } = measurement.distribution;
  if (beyond === 0) return '';
  const total = counts.reduce((sum, count) => sum + count, 0) + beyond;
  return `${name} ${beyond} of ${total} samples (${percent(beyond / total)}, above ${time(measurement.distribution.edges_ns.at(-1))})`;
}
