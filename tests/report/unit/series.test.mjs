import assert from 'node:assert/strict';
import test from 'node:test';
import { compareEnvironments, valueText } from '../../../controller/report/page/src/environments.js';
import { outlineOfHistogram } from '../../../controller/report/page/src/histogram.js';
import { printable } from '../../../controller/report/page/src/report_data.js';
import { peaksFor, roofPoints } from '../../../controller/report/page/src/roofline_lines.js';
import { atUsualSettings, labeller } from '../../../controller/report/page/src/settings.js';
import { seriesAlong } from '../../../controller/report/page/src/sweep_series.js';
import { sortRows } from '../../../controller/report/page/src/tables.js';
import { fullReport } from '../fixture.mjs';

const cell = (more) => ({
  device: 'pi4', model: 'm', weights: null, precision: 'fp32', engine: null, target: 'cpu', threads: 4, batch: 1, image_size: 224, seq_len: null, frames: null,
  ctc_weight: null, optimize: 'full', scenario: 'steady', variant: null, outcome: 'ok', latency_ns: { median: 1 }, ...more,
});

test('a line is what differs along one setting only', () => {
  const lines = seriesAlong('batch', [cell(), cell({ batch: 2 }), cell({ batch: 2, precision: 'bf16' }), cell({ image_size: 128 })]);
  assert.equal(lines.length, 1);
  assert.deepEqual(lines[0].values, [1, 2]);
});

test('a run that failed before its threads were set is on the line all the same', () => {
  const failed = cell({ batch: 4, outcome: 'oom', threads: null, optimize: null, latency_ns: null });
  const [line] = seriesAlong('batch', [cell(), cell({ batch: 2 }), failed]);
  assert.deepEqual(line.values, [1, 2, 4]);
});

test('lines with different numbers of threads are two, and along the threads one', () => {
  const measurements = [cell(), cell({ batch: 2 }), cell({ threads: 1 }), cell({ threads: 1, batch: 2 })];
  assert.equal(seriesAlong('batch', measurements).length, 2);
  assert.equal(seriesAlong('threads', measurements).length, 2);
});

test('names tell all that differ apart, and say no more than that takes', () => {
  const measurements = [cell(), cell({ batch: 2 }), cell({ model: 'other' })];
  const nameOf = labeller(measurements);
  assert.equal(nameOf(measurements[0]), 'pi4 · m · fp32 · batch 1');
  assert.equal(nameOf(measurements[2]), 'pi4 · other · fp32');
  const { measurements: many } = fullReport();
  const names = many.map(labeller(many));
  assert.equal(new Set(names).size, many.length);
});

test('the usual setting of a model is the one that most measurements have', () => {
  const measurements = [cell({ batch: 8 }), cell(), cell({ precision: 'bf16' })];
  assert.deepEqual(atUsualSettings(measurements), measurements.slice(1));
});

test('an outline has the area of the share of the samples that it holds', () => {
  const points = outlineOfHistogram({ edges_ns: [0, 10, 30], counts: [2, 6], beyond: 2 }, 1);
  let area = 0;
  for (let i = 1; i < points.length; ++i) area += (points[i][0] - points[i - 1][0]) * points[i][1] * (points[i][0] === points[i - 1][0] ? 0 : 1);
  assert.ok(Math.abs(area - 0.8) < 1e-12);
  assert.deepEqual(points[0], [0, 0]);
  assert.deepEqual(points.at(-1), [30, 0]);
});

test('a histogram without samples has no outline', () => {
  assert.deepEqual(outlineOfHistogram({ edges_ns: [0, 1], counts: [0], beyond: 0 }, 1), []);
});

test('roofs are of as many threads as the profile, in operations and not multiply-adds', () => {
  const peak = (quantity, threads, per_second) => ({ quantity, threads, per_second });
  const peaks = peaksFor({ threads: 2, peaks: [peak('fp32', 1, 25), peak('fp32', 2, 50), peak('bandwidth', 1, 5), peak('bandwidth', 2, 10)] });
  assert.deepEqual(peaks, { bandwidth: 10, compute: [{ precision: 'fp32', flops: 100 }] });
  assert.deepEqual(roofPoints(peaks.compute[0], 10, 1, 100), [[1, 10], [10, 100], [100, 100]]);
  assert.deepEqual(roofPoints(peaks.compute[0], null, 1, 100), [[1, 100], [100, 100]]);
});

test('fields that differ come before those that do not, and unknown is not off', () => {
  const { differing, same } = compareEnvironments([{ device: 'a', os: 'x', turbo: null, kernel: '6' }, { device: 'b', os: 'x', turbo: false, kernel: '5' }]);
  assert.deepEqual(differing, ['turbo', 'kernel']);
  assert.deepEqual(same, ['os']);
  assert.equal(valueText('turbo', null), '–');
  assert.equal(valueText('turbo', false), 'off');
});

test('unknown is last whichever way one sorts', () => {
  const values = [2, null, 1];
  assert.deepEqual(sortRows(values, (v) => v, false), [1, 2, null]);
  assert.deepEqual(sortRows(values, (v) => v, true), [2, 1, null]);
});

test('characters that turn or end a text are made visible, all others stay', () => {
  assert.equal(printable('a\u0000b\u202ec'), 'a\ufffdb\ufffdc');
  assert.equal(printable('a\ud800b'), 'a\ufffdb');
  assert.equal(printable('📦 модель\n\t</script>'), '📦 модель\n\t</script>');
});
