// What the charts have in common: axes, tooltips, whiskers.
import { h } from '../dom.js';
import { FONT, SIZE, widthOf } from './text.js';

export const baseOption = (theme) => ({
  animation: false,
  backgroundColor: theme.surface,
  textStyle: { fontFamily: FONT, fontSize: SIZE, color: theme.ink },
});

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

// Intervals as lines with caps. data: [position, low, high] on a horizontal or a
// vertical value axis; `offsetOf` shifts the whisker onto its bar.
export function whiskers({ data, colour, horizontal = false, offset = () => 0, cap = 3, ...series }) {
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
      const shift = offset(parameters, api);
      const segment = (...shape) => ({
        type: 'line',
        shape: { x1: shape[0], y1: shape[1], x2: shape[2], y2: shape[3] },
        style: { stroke: colour, lineWidth: 1.25 },
      });
      const children = horizontal
        ? [segment(x1, y1 + shift, x2, y2 + shift), segment(x1, y1 + shift - cap, x1, y1 + shift + cap), segment(x2, y2 + shift - cap, x2, y2 + shift + cap)]
        : [segment(x1, y1, x2, y2), segment(x1 - cap, y1, x1 + cap, y1), segment(x2 - cap, y2, x2 + cap, y2)];
      return { type: 'group', children };
    },
  };
}

export const widest = (texts) => texts.reduce((width, text) => Math.max(width, widthOf(text)), 0);

// A unit that fits the largest of these values.
export function sharedUnit(steps, values) {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return steps.reduce((chosen, step) => (largest >= step.factor ? step : chosen), steps[0]);
}
