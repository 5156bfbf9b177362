import assert from 'node:assert/strict';
import test from 'node:test';
import * as format from '../../../controller/report/page/src/format.js';

// Numbers and units are held together by blanks that do not break.
const read = (text) => text.replaceAll('\u00a0', ' ');

test('a latency takes the unit that fits it', () => {
  assert.equal(read(format.time(348e3)), '348 µs');
  assert.equal(read(format.time(8.5e6)), '8.50 ms');
  assert.equal(read(format.time(1.2e9)), '1.20 s');
  assert.equal(read(format.time(999.9e3)), '1.00 ms');
});

test('a figure has only the digits that its interval supports', () => {
  assert.equal(read(format.time(8.5e6, 8.3725e6, 8.6275e6)), '8.50 ms');
  assert.equal(read(format.time(8.5e6, 8.1e6, 8.9e6)), '8.5 ms');
  assert.equal(read(format.time(850e6, 500e6, 1200e6)), '900 ms');
  assert.equal(read(format.time(8.512345e6, 8.5122e6, 8.5125e6)), '8.512 ms');
});

test('both ends of an interval are written to the same place', () => {
  assert.equal(read(format.intervalOf(format.TIME, 8.5e6, 8.3725e6, 8.6275e6)), '8.37 to 8.63 ms');
  assert.equal(read(format.ratioInterval(1.85, 1.8123, 1.8877)), '1.81 to 1.89');
});

test('what is unknown is a dash and never 0', () => {
  for (const text of [format.time(null), format.bytes(null), format.joules(undefined), format.ratio(null), format.percent(null), format.decibels(NaN), format.count(null), format.intervalOf(format.TIME, 5, null, null)]) {
    assert.equal(text, '–');
  }
  assert.equal(read(format.bytes(0)), '0 B');
});

test('sizes are in powers of 1000, and whole below a thousand', () => {
  assert.equal(read(format.bytes(14370000)), '14.4 MB');
  assert.equal(read(format.bytes(512)), '512 B');
  assert.equal(read(format.bytes(999.6e6)), '1.00 GB');
});

test('a spread is a share of the value, with a digit less when it is large', () => {
  assert.equal(read(format.spread(8.5e6, 8.3725e6, 8.6275e6)), '± 1.5 %');
  assert.equal(read(format.spread(100, 60, 140)), '± 40 %');
  assert.equal(format.spread(100, null, null), '');
});

test('a text is shortened by characters and not through the middle of one', () => {
  assert.equal(format.shorten('📦📦📦📦', 3), '📦📦…');
  assert.equal(format.shorten('abc', 3), 'abc');
});

test('a long listing says how many more there are', () => {
  assert.equal(format.listing(['a', 'b', 'c']), 'a, b and c');
  assert.equal(format.listing(['a', 'b', 'c', 'd'], 2), 'a, b and 2 more');
});
