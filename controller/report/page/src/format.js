// Numbers as people read them: with a unit that fits, and no more digits than
// their interval supports. What is unknown is a dash, never 0.

export const UNKNOWN = '–';
// A number does not part from its unit at the end of a line.
const NBSP = '\u00a0';

const ladder = (...steps) => steps.map(([unit, factor]) => ({ unit, factor }));

export const TIME = ladder(['ns', 1], ['µs', 1e3], ['ms', 1e6], ['s', 1e9]);
export const BYTES = ladder(['B', 1], ['KB', 1e3], ['MB', 1e6], ['GB', 1e9], ['TB', 1e12]);
export const JOULES = ladder(['nJ', 1e-9], ['µJ', 1e-6], ['mJ', 1e-3], ['J', 1], ['kJ', 1e3]);
export const COUNT = ladder(['', 1], ['K', 1e3], ['M', 1e6], ['G', 1e9], ['T', 1e12]);
export const HERTZ = ladder(['Hz', 1], ['kHz', 1e3], ['MHz', 1e6], ['GHz', 1e9]);
export const FLOPS = ladder(['FLOP/s', 1], ['KFLOP/s', 1e3], ['MFLOP/s', 1e6], ['GFLOP/s', 1e9], ['TFLOP/s', 1e12]);
export const BYTES_PER_SECOND = ladder(['B/s', 1], ['KB/s', 1e3], ['MB/s', 1e6], ['GB/s', 1e9], ['TB/s', 1e12]);

export const isKnown = (value) => typeof value === 'number' && Number.isFinite(value);

// The largest unit of which there is at least one, after rounding to three digits.
export function unitFor(steps, value) {
  const size = Math.abs(value);
  let chosen = steps[0];
  for (const step of steps) if (size >= step.factor * 0.9995) chosen = step;
  return chosen;
}

// The decimal place (a power of ten) to which a value is worth writing. An
// uncertainty counts to its first digit, or to its second where the first is 1 or 2
// and rounding it away would change it by a lot; never more than four digits of the
// value. Without an uncertainty: three digits.
export function placeFor(value, halfWidth) {
  // Rounded first: 0.9999 is written like 1.
  const magnitude = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(Number(value.toPrecision(3)))));
  if (!isKnown(halfWidth) || halfWidth <= 0) return magnitude - 2;
  const first = Math.floor(Math.log10(halfWidth));
  const leading = halfWidth / 10 ** first;
  const place = leading < 3 ? first - 1 : first;
  return Math.min(Math.max(place, magnitude - 3), magnitude);
}

export function toPlace(value, place) {
  const step = 10 ** place;
  return (place > 0 ? Math.round(value / step) * step : value).toFixed(Math.max(0, -place));
}

const halfWidthOf = (low, high) => (isKnown(low) && isKnown(high) ? (high - low) / 2 : null);

function quantity(steps, value, low, high) {
  if (!isKnown(value)) return UNKNOWN;
  const { unit, factor } = unitFor(steps, value);
  const half = halfWidthOf(low, high);
  const place = placeFor(value / factor, half === null ? null : half / factor);
  return `${toPlace(value / factor, place)}${NBSP}${unit}`.trimEnd();
}

export const time = (ns, low, high) => quantity(TIME, ns, low, high);
export const joules = (value, low, high) => quantity(JOULES, value, low, high);
export const count = (value) => quantity(COUNT, value);
export const flops = (value) => quantity(FLOPS, value);
export const bytesPerSecond = (value) => quantity(BYTES_PER_SECOND, value);
export const hertz = (value) => quantity(HERTZ, value);
// Below a thousand a count of bytes is whole.
export const bytes = (value) => (isKnown(value) && Math.abs(value) < 1000 ? `${Math.round(value)}${NBSP}B` : quantity(BYTES, value));

// "8.37 to 8.63 ms": both ends in the unit and to the place of the value.
export function intervalOf(steps, value, low, high) {
  if (![value, low, high].every(isKnown)) return UNKNOWN;
  const { unit, factor } = unitFor(steps, value);
  const place = placeFor(value / factor, halfWidthOf(low, high) / factor);
  return `${toPlace(low / factor, place)} to ${toPlace(high / factor, place)}${NBSP}${unit}`.trimEnd();
}

// "± 1.5 %", of the value.
export function spread(value, low, high) {
  const half = halfWidthOf(low, high);
  if (half === null || !isKnown(value) || value === 0) return '';
  const percent = (100 * half) / Math.abs(value);
  return percent >= 999 ? `±${NBSP}>${NBSP}999${NBSP}%` : `±${NBSP}${percent.toFixed(percent < 9.95 ? 1 : 0)}${NBSP}%`;
}

export function ratio(value, low, high) {
  if (!isKnown(value)) return UNKNOWN;
  const half = halfWidthOf(low, high);
  return `${toPlace(value, Math.max(placeFor(value, half), -2))}×`;
}

export function ratioInterval(value, low, high) {
  const half = halfWidthOf(low, high);
  if (half === null || !isKnown(value)) return UNKNOWN;
  const place = Math.max(placeFor(value, half), -2);
  return `${toPlace(low, place)} to ${toPlace(high, place)}`;
}

export const percent = (share, decimals = 1) => (isKnown(share) ? `${(100 * share).toFixed(decimals)}${NBSP}%` : UNKNOWN);
export const decibels = (value) => (isKnown(value) ? `${value.toFixed(1)}${NBSP}dB` : UNKNOWN);
export const plain = (value, digits = 3) => (isKnown(value) ? String(Number(value.toPrecision(digits))) : UNKNOWN);

// A number for an axis: no trailing zeros, no exponent below a million.
export const tick = (value) => (value === 0 ? '0' : String(Number(value.toPrecision(6))));

export function shorten(text, length) {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('').trimEnd()}…`;
}

export const plural = (number, one, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;

// "a", "a and b", "a, b and c"; of many the first few and how many more.
export function listing(items, most = 8) {
  const shown = items.length > most ? [...items.slice(0, most), `${items.length - most} more`] : items;
  if (shown.length < 2) return shown.join('');
  return `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}
