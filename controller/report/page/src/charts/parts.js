// What the charts have in common: axes, tooltips, whiskers.
import { h } from '../dom.js';
import { tick } from '../format.js';
import { FONT, SIZE, widthOf } from './text.js';

export const baseOption = (theme) => ({
  animation: false,
  backgroundColor: theme.surface,
  textStyle: { fontFamily: FONT, fontSize: SIZE, color: theme.ink },
});

// Half the width of the caps of a whisker.
const CAP = 3;

const axisLooks = (theme) => ({
  axisLine: { show: true, lineStyle: { color: theme.axis } },
  axisTick: { show: true, lineStyle: { color: theme.axis } },
  axisLabel: { color: theme.quiet, fontSize: SIZE, fontFamily: FONT, hideOverlap: true },
  splitLine: { show: true, lineStyle: { color: theme.line, width: 1 } },
  minorTick: { show: false },
  minorSplitLine: { show: false },
});

function withName(theme, name, where, gap) {
  return {
    name,
    nameLocation: where,
    nameGap: gap,
    nameTextStyle: { color: theme.quiet, fontSize: SIZE, fontFamily: FONT },
  };
}

export function xAxis(theme, name, more = {}) {
  const { axisLabel, ...rest } = more;
  const looks = axisLooks(theme);
  return { ...looks, ...withName(theme, name, 'middle', 28), ...rest, axisLabel: { ...looks.axisLabel, ...axisLabel } };
}

// Its name lies along the top, where it can be read without turning the head.
export function yAxis(theme, name, more = {}) {
  const { axisLabel, ...rest } = more;
  const looks = axisLooks(theme);
  const named = withName(theme, name, 'end', 10);
  named.nameTextStyle = { ...named.nameTextStyle, align: 'left', padding: [0, 0, 0, -44] };
  return { ...looks, ...named, ...rest, axisLabel: { ...looks.axisLabel, ...axisLabel } };
}

export function tooltip(theme, format, more = {}) {
  return {
    trigger: 'item',
    confine: true,
    transitionDuration: 0,
    backgroundColor: theme.surface,
    borderColor: theme.axis,
    borderWidth: 1,
    padding: [8, 10],
    textStyle: { color: theme.ink, fontSize: SIZE, fontFamily: FONT },
    formatter: (parameters) => tooltipBody(format(parameters)),
    ...more,
  };
}

// lines: the first is the heading. An element, never markup: names are of strangers.
function tooltipBody(lines) {
  if (!lines) return '';
  const [heading, ...others] = lines;
  return h('div', { class: 'tooltip' }, h('strong', {}, heading), others.map((line) => h('div', {}, line)));
}

// Shapes and words at places of their own, such as the legend. A series without
// coordinates, as the component for such things draws no outlines of ours.
export const drawing = (elements) => ({
  type: 'custom',
  coordinateSystem: 'none',
  silent: true,
  tooltip: { show: false },
  z: 9,
  data: elements.map((_, i) => [i]),
  renderItem: ({ dataIndex }) => elements[dataIndex],
});

// Intervals as lines with caps. data: [position, low, high] on a horizontal or a
// vertical value axis.
export function whiskers({ data, colour, horizontal = false, ...series }) {
  return {
    type: 'custom',
    silent: true,
    clip: true,
    z: 4,
    ...series,
    data,
    encode: horizontal ? { y: 0, x: [1, 2] } : { x: 0, y: [1, 2] },
    tooltip: { show: false },
    renderItem(parameters, api) {
      const [position, low, high] = [0, 1, 2].map((dimension) => api.value(dimension));
      const [x1, y1] = horizontal ? api.coord([low, position]) : api.coord([position, low]);
      const [x2, y2] = horizontal ? api.coord([high, position]) : api.coord([position, high]);
      const segment = (...shape) => ({
        type: 'line',
        shape: { x1: shape[0], y1: shape[1], x2: shape[2], y2: shape[3] },
        style: { stroke: colour, lineWidth: 1.25 },
      });
      const across = (x, y) => (horizontal ? segment(x, y - CAP, x, y + CAP) : segment(x - CAP, y, x + CAP, y));
      const children = [segment(x1, y1, x2, y2), across(x1, y1), across(x2, y2)];
      return { type: 'group', children };
    },
  };
}

export const widest = (texts) => texts.reduce((width, text) => Math.max(width, widthOf(text)), 0);

// A value on an axis that spans decades, each in a unit of its own.
export function ownUnitText(steps, value) {
  const unit = sharedUnit(steps, [value * 1.0001]);
  return `${tick(Number((value / unit.factor).toPrecision(4)))} ${unit.unit}`.trimEnd();
}

// A unit that fits the largest of these values.
export function sharedUnit(steps, values) {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return steps.reduce((chosen, step) => (largest >= step.factor ? step : chosen), steps[0]);
}
