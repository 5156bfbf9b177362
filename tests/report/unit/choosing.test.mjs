import assert from 'node:assert/strict';
import test from 'node:test';
import { facetsOf, isShown, rooflinesShown, sentencesShown, withHidden } from '../../../controller/report/page/src/filters.js';
import { outliersOf } from '../../../controller/report/page/src/outliers.js';
import { paretoFront } from '../../../controller/report/page/src/pareto.js';
import { valuesOf } from '../../../controller/report/page/src/settings.js';
import { formatState, parseState } from '../../../controller/report/page/src/url_state.js';
import { fullReport } from '../fixture.mjs';

const names = (points) => points.map(({ name }) => name).join('');
const NOTHING = new Map();

test('the front is what nothing beats, in the order of x', () => {
  const points = [{ name: 'd', x: 4, y: 1 }, { name: 'a', x: 1, y: 4 }, { name: 'x', x: 3, y: 3 }, { name: 'b', x: 2, y: 2 }];
  assert.equal(names(paretoFront(points, { x: true, y: true })), 'abd');
});

test('the front turns with what is better', () => {
  const points = [{ name: 'a', x: 1, y: 1 }, { name: 'b', x: 2, y: 2 }, { name: 'c', x: 3, y: 1 }];
  assert.equal(names(paretoFront(points, { x: true, y: false })), 'ab');
});

test('equal points are all on the front, and one that is worse in a single figure is not', () => {
  const points = [{ name: 'a', x: 1, y: 1 }, { name: 'b', x: 1, y: 1 }, { name: 'c', x: 1, y: 2 }];
  assert.equal(names(paretoFront(points, { x: true, y: true })), 'ab');
});

test('devices go by name, precisions from fp32 down and numbers up, whichever comes first', () => {
  const measurements = [
    { device: 'pi4', precision: 'int8-static', batch: 16, target: 'cuda:0' },
    { device: 'nano', precision: 'of tomorrow', batch: 2, target: 'cpu' },
    { device: 'pi4', precision: 'bf16', batch: null, target: 'cpu' },
    { device: 'nano', precision: 'fp32', batch: 4, target: 'cpu' },
  ];
  assert.deepEqual(valuesOf(measurements, 'device'), ['nano', 'pi4']);
  assert.deepEqual(valuesOf(measurements, 'precision'), ['fp32', 'bf16', 'int8-static', 'of tomorrow']);
  assert.deepEqual(valuesOf(measurements, 'batch'), [2, 4, 16]);
  assert.deepEqual(valuesOf(measurements, 'target'), ['cuda:0', 'cpu']);
});

const peaks = (...values) => values.map((peak) => ({ peak }));

test('a series far above the others is an outlier', () => {
  assert.deepEqual(outliersOf(peaks(10, 12, 900, 15)), peaks(900));
});

test('series that grow step by step have no outlier', () => {
  assert.deepEqual(outliersOf(peaks(1, 4, 16, 64)), []);
});

test('never more than half of the series are outliers', () => {
  assert.deepEqual(outliersOf(peaks(1, 100, 110, 120)), []);
  assert.deepEqual(outliersOf(peaks(1, 2, 100, 110)), peaks(100, 110));
  assert.deepEqual(outliersOf(peaks(5)), []);
});

test('a facet with one value is offered only where it says what the report is about', () => {
  const report = fullReport();
  const one = report.measurements.filter((m) => m.device === 'pi4' && m.batch === 1 && m.threads !== null);
  const keys = facetsOf(one).map(({ key }) => key);
  assert.ok(keys.includes('device'));
  assert.ok(!keys.includes('batch'));
  assert.ok(!keys.includes('scenario'));
});

test('the choices of a facet of numbers go up, and hold no null', () => {
  const { values } = facetsOf(fullReport().measurements).find(({ key }) => key === 'seq_len');
  assert.deepEqual(values, [32, 64, 128, 256, 512, 1024, 2048, 4096]);
});

test('a measurement is not hidden by a facet in which it has no value', () => {
  const measurement = { device: 'a', model: 'm', precision: 'fp32', batch: 1, image_size: null, seq_len: 128, frames: null, threads: null, target: 'cpu', scenario: 'steady' };
  const hidden = withHidden(NOTHING, 'image_size', 224, true);
  assert.ok(isShown(hidden, measurement));
  assert.ok(!isShown(hidden, { ...measurement, image_size: 224 }));
});

test('hiding and showing again leaves an untouched state', () => {
  assert.equal(withHidden(withHidden(NOTHING, 'batch', 2, true), 'batch', 2, false).size, 0);
});

const sentence = (more) => ({ kind: 'fastest', text: 't', model: null, device: null, precision: null, measurements: [], ...more });
const cell = (more) => ({ device: 'pi4', model: 'm', precision: 'fp32', batch: 1, image_size: null, seq_len: null, frames: null, threads: null, target: 'cpu', scenario: 'steady', ...more });

test('a sentence goes with what it names, and with what it rests on', () => {
  const measurements = [cell(), cell({ device: 'nano' })];
  const hidden = withHidden(NOTHING, 'device', 'pi4', true);
  const summary = [sentence({ device: 'pi4' }), sentence({ device: 'nano' }), sentence({ kind: 'failure', measurements: [0, 1] }), sentence({ measurements: [1] })];
  assert.deepEqual(sentencesShown({ summary, measurements }, hidden), [summary[1], summary[3]]);
});

test('a claim needs all that it rests on, a caution some of it', () => {
  const measurements = [cell(), cell({ batch: 2 })];
  const summary = ['fastest', 'smallest', 'trade_off', 'energy', 'failure', 'caution'].map((kind) => sentence({ kind, measurements: [0, 1] }));
  const shown = (batches) => sentencesShown({ summary, measurements }, batches.reduce((hidden, batch) => withHidden(hidden, 'batch', batch, true), NOTHING));
  assert.equal(shown([]).length, 6);
  assert.deepEqual(shown([2]).map(({ kind }) => kind), ['failure', 'caution']);
  assert.deepEqual(shown([1, 2]), []);
});

test('rooflines follow the filters of devices, models and precisions', () => {
  const { rooflines } = fullReport();
  assert.deepEqual(rooflinesShown(rooflines, withHidden(NOTHING, 'device', 'pi4', true)).map(({ device }) => device), ['xeon']);
  const [first] = rooflinesShown(rooflines, withHidden(NOTHING, 'precision', 'fp32', true));
  assert.deepEqual(first.models.map(({ precision }) => precision), ['int8-static']);
});

test('the state survives the address, whatever the names are', () => {
  const name = '#&=%"<script>📦';
  const state = { hidden: withHidden(withHidden(NOTHING, 'device', name, true), 'batch', 8, true), options: new Map([['axis', 'seq_len'], ['sort', '-median']]) };
  assert.deepEqual(parseState(`#${formatState(state)}`), state);
});

test('an untouched state is an empty address, and a stranger in the address is no facet', () => {
  assert.equal(formatState({ hidden: NOTHING, options: new Map() }), '');
  assert.equal(parseState('#hide-nothing=1').hidden.size, 0);
});
