import assert from 'node:assert/strict';
import test from 'node:test';
import { isTrusted, speedUpOf, verdictOf } from '../../../controller/report/page/src/verdict.js';

const measured = (more) => ({ outcome: 'ok', verdict: 'ok', message: null, validity: { valid: true, reasons: [] }, ...more });
const versus = (more) => ({ versus_fp32: { baseline: 0, ratio: 1.5, low: 1.4, high: 1.6, confidence: 0.95, resolved: true, doubts: [], not_comparable: [], ...more } });

test('a measurement without objections is ok', () => {
  assert.deepEqual(verdictOf(measured()), { text: 'ok', grade: 'ok', detail: '' });
});

test('unconverged is a caution and takes nothing from the number', () => {
  const validity = { valid: false, reasons: ['unconverged: ±9.9 %'] };
  assert.deepEqual(verdictOf(measured({ verdict: 'unconverged', validity })), { text: 'unconverged', grade: 'caution', detail: 'unconverged: ±9.9 %' });
});

test('what spoiled the figures makes them invalid, with all reasons at hand', () => {
  const validity = { valid: false, reasons: ['unconverged: ±9.9 %', 'throttled: capped'] };
  assert.deepEqual(verdictOf(measured({ verdict: 'invalid: throttled', validity })), { text: 'invalid: throttled', grade: 'invalid', detail: 'unconverged: ±9.9 %; throttled: capped' });
  assert.equal(verdictOf(measured({ verdict: 'unsettled', validity })).grade, 'invalid');
});

test('a failure is one, with its message', () => {
  assert.deepEqual(verdictOf(measured({ outcome: 'oom', verdict: 'oom in warm-up', message: 'needed more than 1 GB', validity: null })), { text: 'oom in warm-up', grade: 'failed', detail: 'needed more than 1 GB' });
});

test('what changed nothing, or only tried a plan, is a caution that says so', () => {
  for (const verdict of ['changed nothing', 'ran as fp32', 'trial']) {
    const { text, grade, detail } = verdictOf(measured({ verdict }));
    assert.deepEqual([text, grade], [verdict, 'caution']);
    assert.ok(detail.length > 10, detail);
  }
});

test('a figure is to be trusted unless something spoiled it, whatever else is said of it', () => {
  const marked = (...reasons) => ({ validity: { valid: false, reasons } });
  const unchanged = { verdict: 'changed nothing' };
  for (const more of [{}, { validity: null }, marked('unconverged: ±9.9 %'), unchanged]) assert.ok(isTrusted(measured(more)), JSON.stringify(more));
  for (const more of [marked(), marked('unconverged: ±9.9 %', 'unsettled: still'), { ...unchanged, ...marked('throttled: capped') }, { outcome: 'oom' }]) {
    assert.ok(!isTrusted(measured(more)), JSON.stringify(more));
  }
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
