// Two figures against each other, with the front of what nothing else beats: filled
// and joined by a line, all others hollow.
import { tick } from '../format.js';
import { colourOf, symbolOf } from '../palette.js';
import { valuesOf } from '../settings.js';
import { verdictOf } from '../verdict.js';
import { legend } from './legend.js';
import { baseOption, drawing, ownUnitText, sharedUnit, tooltip, widest, xAxis, yAxis } from './parts.js';
import { FONT, SIZE, fitted, widthOf } from './text.js';

const PLOT = 380;
const MARK = 12;
const LABEL_SIZE = 11;
const LONGEST_LABEL = 190;

function scaleOf(metric, values) {
  const unit = sharedUnit(metric.steps, values);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const logarithmic = low > 0 && high / low >= 20;
  const margin = (high - low) * 0.08 || Math.abs(high) * 0.1 || 1;
  const text = (value) => (logarithmic ? ownUnitText(metric.steps, value) : tick(Number((value / unit.factor).toPrecision(4))));
  const axis = {
    type: logarithmic ? 'log' : 'value',
    min: logarithmic ? low / 1.5 : Math.max(low >= 0 ? 0 : -Infinity, low - margin),
    max: logarithmic ? high * 1.5 : high + margin,
    axisLabel: { formatter: text, showMinLabel: false, showMaxLabel: false },
  };
  return {
    name: `${metric.title}${logarithmic ? '' : `, ${unit.unit}`} (${metric.smaller ? 'less' : 'more'} is better)`,
    axis,
    // Where a value lies on the axis, from 0 to 1.
    placeOf: (value) => (logarithmic ? Math.log(value / axis.min) / Math.log(axis.max / axis.min) : (value - axis.min) / (axis.max - axis.min)),
    widest: widest([low, high, high * 1.2].map(text)),
  };
}

// Of each its name beside its mark, on the side where there is room; none where another label
// or any mark of `all` is: the names are listed below the chart as well.
function labelsOf(marks, all, { left: least, right }) {
  const taken = all.map(({ x, y }) => ({ left: x - MARK / 2, right: x + MARK / 2, top: y - MARK / 2, bottom: y + MARK / 2 }));
  const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  const labels = [];
  for (const { x, y, name } of marks) {
    const text = fitted(name, LONGEST_LABEL, LABEL_SIZE);
    const length = widthOf(text, LABEL_SIZE);
    const free = [x + MARK, x - MARK - length]
      .map((left) => ({ left, right: left + length, top: y - LABEL_SIZE / 2, bottom: y + LABEL_SIZE / 2 }))
      .find((box) => box.right <= right && box.left >= least && !taken.some((other) => meet(box, other)));
    if (!free) continue;
    taken.push(free);
    labels.push({ text, x: free.left, y });
  }
  return labels;
}

// fronts: {points}[]; points: {x, y, measurement, name, short, onFront}.
export function paretoChart({ x, y, points, fronts, colourBy, looks }) {
  return ({ theme, width }) => {
    const colourFor = (m) => colourOf(theme, looks[colourBy](m[colourBy]));
    const all = points.map(({ measurement }) => measurement);
    const entries = [
      ...valuesOf(all, colourBy).map((value) => ({ text: value, colour: colourOf(theme, looks[colourBy](value)), block: 1 })),
      ...valuesOf(all, 'precision').map((value) => ({ text: value, colour: theme.ink, symbol: looks.precision(value), filled: false })),
      { text: 'on the front', colour: theme.ink, dash: 'solid' },
    ];
    const top = legend(entries, { theme, width });
    const [xs, ys] = [scaleOf(x, points.map((p) => p.x)), scaleOf(y, points.map((p) => p.y))];
    const dot = (point) => {
      const colour = colourFor(point.measurement);
      return {
        value: [point.x, point.y],
        point,
        symbol: symbolOf(looks.precision(point.measurement.precision)),
        symbolSize: point.onFront ? MARK : 8,
        itemStyle: point.onFront ? { color: colour, borderColor: theme.surface, borderWidth: 1 } : { color: 'transparent', borderColor: colour, borderWidth: 1.4, opacity: 0.75 },
      };
    };
    const lines = fronts.filter((front) => front.points.length > 1).map((front) => ({
      type: 'line',
      data: front.points.map((point) => [point.x, point.y]),
      showSymbol: false,
      silent: true,
      z: 2,
      lineStyle: { color: colourFor(front.points[0].measurement), width: 1.6 },
      tooltip: { show: false },
    }));
    const grid = { left: ys.widest + 24, right: 24, top: top.height + 30, height: PLOT, outerBoundsMode: 'none' };
    const pixelOf = (point) => ({
      x: grid.left + xs.placeOf(point.x) * (width - grid.left - grid.right),
      y: grid.top + (1 - ys.placeOf(point.y)) * PLOT,
    });
    const marks = points.map((point) => ({ ...pixelOf(point), name: point.short, onFront: point.onFront }));
    const labels = labelsOf(marks.filter(({ onFront }) => onFront), marks, { left: grid.left, right: width - grid.right });
    return {
      height: top.height + 30 + PLOT + 52,
      option: {
        ...baseOption(theme),
        tooltip: tooltip(theme, ({ data }) => {
          const { measurement, name, onFront } = data.point;
          return [name, `${x.title}: ${x.text(measurement)}`, `${y.title}: ${y.text(measurement)}`, verdictOf(measurement).text, onFront ? 'on the front' : 'beaten by another'];
        }),
        grid,
        xAxis: xAxis(theme, xs.name, xs.axis),
        yAxis: { ...yAxis(theme, ys.name, ys.axis), nameTextStyle: { color: theme.quiet, fontSize: SIZE, fontFamily: FONT, align: 'left', padding: [0, 0, 0, -(ys.widest + 16)] } },
        series: [
          drawing([...top.elements, ...labels.map(({ text, x: at, y: middle }) => ({ type: 'text', style: { text, x: at, y: middle, fill: theme.ink, font: `${LABEL_SIZE}px ${FONT}`, verticalAlign: 'middle' } }))]),
          ...lines,
          {
            type: 'scatter',
            z: 3,
            symbolKeepAspect: true,
            data: points.map(dot),
            emphasis: { disabled: true },
          },
        ],
      },
    };
  };
}
