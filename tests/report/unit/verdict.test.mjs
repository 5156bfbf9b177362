import assert from 'node:assert/strict';
import test from 'node:test';
import { isTrusted, speedUpOf, verdictOf } from '../../../controller/report/page/src/verdict.js';

const measured = (more) => ({ outcome: 'ok', stage: 'measure', message: null, precision: 'int8-static', coverage: null, validity: { valid: true, reasons: [] }, ...more });
const versus = (more) => ({ versus_fp32: { baseline: 0, ratio: 1.5, low: 1.4, high: 1.6, confidence: 0.95, resolved: true, doubts: [], not_comparable: [], ...more } });

test('a measurement without objections is ok', () => {
  assert.deepEqual(verdictOf(measured()), { text: 'ok', grade: 'ok', detail: '' });
});

test('unconverged is a caution and takes nothing from the number', () => {
  assert.equal(verdictOf(measured({ validity: { valid: false, reasons: ['unconverged: ±9.9 %'] } })).grade, 'caution');
});

test('what spoiled the figures is named before what it led to', () => {
  const reasons = ['unconverged: ±9.9 %', 'unsettled: still changing', 'throttled: capped'];
  const verdict = verdictOf(measured({ validity: { valid: false, reasons } }));
  assert.equal(verdict.text, 'invalid: throttled');
  assert.equal(verdict.grade, 'invalid');
  assert.equal(verdictOf(measured({ validity: { valid: false, reasons: reasons.slice(0, 2) } })).text, 'invalid: unsettled');
});

test('a failure is named with the stage in which it happened', () => {
  assert.equal(verdictOf(measured({ outcome: 'oom', stage: 'warm-up', validity: null })).text, 'oom in warm-up');
  assert.equal(verdictOf(measured({ outcome: 'cancelled', stage: null })).text, 'cancelled');
});

test('a figure is to be trusted unless something spoiled it, whatever else is said of it', () => {
  const marked = (...reasons) => ({ validity: { valid: false, reasons } });
  const unchanged = { coverage: { covered_ops: 0, total_ops: 5, unchanged: true } };
  for (const more of [{}, { validity: null }, marked('unconverged: ±9.9 %'), unchanged]) assert.ok(isTrusted(measured(more)), JSON.stringify(more));
  for (const more of [marked(), marked('unconverged: ±9.9 %', 'unsettled: still'), { ...unchanged, ...marked('throttled: capped') }, { outcome: 'oom' }]) {
    assert.ok(!isTrusted(measured(more)), JSON.stringify(more));
  }
});

test('half precision that computes in fp32 is said to have run so', () => {
  assert.equal(verdictOf(measured({ precision: 'bf16', model_bytes: 7e6, model_bytes_fp32: 14e6, coverage: { covered_ops: 0, total_ops: 5, unchanged: true } })).text, 'ran as fp32');
});

test('a precision that changed nothing is not called ok', () => {
  assert.equal(verdictOf(measured({ coverage: { covered_ops: 0, total_ops: 5, unchanged: true } })).text, 'changed nothing');
});

test('a measurement that nobody judged is not called ok', () => {
  assert.equal(verdictOf(measured({ validity: null })).grade, 'unknown');
});

test('a speed-up has its interval', () => {
  assert.deepEqual(speedUpOf(versus()), { text: '1.50×', interval: '1.40 to 1.60', note: '', grade: 'faster' });
});

test('a difference that is not resolved is not told as one', () => {
  const wide = speedUpOf(versus({ ratio: 1.1, low: 0.8, high: 1.4, resolved: false }));
  assert.equal(wide.note, 'no difference resolved');
  const narrow = speedUpOf(versus({ ratio: 1.01, low: 0.98, high: 1.04, resolved: false }));
  assert.equal(narrow.text, '≈ 1×');
});

test('a speed-up in doubt has a question mark and the reason', () => {
  const doubtful = speedUpOf(versus({ doubts: ['made in one process only'] }));
  assert.equal(doubtful.text, '1.50×?');
  assert.equal(doubtful.note, 'in doubt: made in one process only');
});

test('what is not comparable has the reason and no figure', () => {
  const refused = speedUpOf(versus({ not_comparable: ['target differs (cpu, cuda:0)'] }));
  assert.equal(refused.text, 'not comparable');
  assert.equal(refused.note, 'target differs (cpu, cuda:0)');
  assert.equal(speedUpOf({ versus_fp32: null }), null);
});
