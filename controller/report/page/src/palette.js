// Colours, symbols and dashes. Okabe and Ito's colours, which people with any of the
// usual colour deficiencies tell apart, darker on white and lighter on black where the
// contrast asks for it. No difference is carried by colour alone.
import { valuesOf } from './settings.js';

const LIGHT = {
  series: ['#0067a5', '#c14e00', '#007a59', '#a34b87', '#8a6500', '#2f87b8', '#5c4b9e', '#6b6b6b'],
  ink: '#1c2126',
  quiet: '#56606b',
  line: '#d5dae0',
  axis: '#7d8791',
  surface: '#ffffff',
  faint: '#eef1f4',
  alarm: '#b3261e',
};

const DARK = {
  series: ['#6cb8ee', '#f0924a', '#3fc49a', '#dd94c2', '#e0b13c', '#9fd3f2', '#b3a4f0', '#b5bcc4'],
  ink: '#e6eaee',
  quiet: '#a3adb8',
  line: '#363d45',
  axis: '#7b8590',
  surface: '#14181c',
  faint: '#20262c',
  alarm: '#ff8a80',
};

export const themeNamed = (name) => (name === 'dark' ? DARK : LIGHT);

// As outlines in a square of 10, for the chart and for its legend alike.
const SYMBOLS = [
  'M5 0A5 5 0 1 0 5 10A5 5 0 1 0 5 0Z',
  'M0.6 0.6H9.4V9.4H0.6Z',
  'M5 0L10 9.2H0Z',
  'M5 -0.6L10.6 5L5 10.6L-0.6 5Z',
  'M0 0.8H10L5 10Z',
  'M3.3 0H6.7V3.3H10V6.7H6.7V10H3.3V6.7H0V3.3H3.3Z',
  'M2.5 0.6H7.5L10 5L7.5 9.4H2.5L0 5Z',
  'M0 2.2L2.2 0L5 2.8L7.8 0L10 2.2L7.2 5L10 7.8L7.8 10L5 7.2L2.2 10L0 7.8L2.8 5Z',
];
const DASHES = ['solid', [7, 4], [2, 3], [9, 3, 2, 3], [4, 2], [12, 4], [1, 2], [9, 3, 2, 3, 2, 3]];

// The looks of fp32 and its relatives are the same in every report.
const PRECISIONS = ['fp32', 'int8-static', 'int8-dynamic', 'bf16', 'fp16', 'int8-weight-only', 'int8-qat'];

// Gives each value of a dimension a place that filters do not change.
function places(values, known = []) {
  const order = [...known, ...values.filter((value) => !known.includes(value))];
  return (value) => Math.max(0, order.indexOf(value));
}

const at = (list, index) => list[index % list.length];

// looks.device(name), .model(name), .precision(name): {index}, from which colourOf,
// symbolOf and dashOf make what a chart needs.
export function looksOf(measurements) {
  return {
    device: places(valuesOf(measurements, 'device')),
    model: places(valuesOf(measurements, 'model')),
    precision: places(valuesOf(measurements, 'precision'), PRECISIONS),
  };
}

export const colourOf = (theme, index) => at(theme.series, index);
export const outlineOf = (index) => at(SYMBOLS, index);
export const symbolOf = (index) => `path://${at(SYMBOLS, index)}`;
export const dashOf = (index) => at(DASHES, index);
