// What the charts and tables of a full report show.
import assert from 'node:assert/strict';
import test from 'node:test';
import { fullReport } from '../fixture.mjs';
import { CHARTS, TEST, idsIn, tableOf, textOf, useBrowser, withReport, write } from './support.mjs';

useBrowser();

const report = fullReport();

// By the definition, and in another way than the page does it.
function frontByDefinition(points) {
  return points.filter((p) => points.every((q) => q.x > p.x || q.y > p.y || (q.x === p.x && q.y === p.y)));
}

const usable = ({ outcome, validity }) => outcome === 'ok' && (validity?.reasons ?? []).every((reason) => reason.startsWith('unconverged'));

test('every chart is drawn, with shapes that have an extent', TEST, withReport(fullReport, {}, async ({ page }) => {
  for (const id of CHARTS) {
    const shapes = await page.$$eval(`#${id}-figure svg path`, (paths) => paths.filter((p) => {
      const { width, height } = p.getBBox();
      return width + height > 2;
    }).length);
    assert.ok(shapes >= 8, `${id} has ${shapes} shapes`);
    const box = await page.locator(`#${id}-figure svg`).boundingBox();
    assert.ok(box.width > 600 && box.height > 150, `${id} is ${box.width} × ${box.height}`);
  }
}));

test('every chart has a name, a description and a table that says the same', TEST, withReport(fullReport, {}, async ({ page }) => {
  for (const id of CHARTS) {
    const name = await page.locator(`#${id}-figure .canvas`).getAttribute('aria-label');
    assert.ok(name.length > 40, `${id}: ${name}`);
    assert.ok((await tableOf(page, id)).length > 0, `${id} has an empty table`);
  }
  const rows = await tableOf(page, 'memory');
  assert.ok(rows.some(([label, peak]) => label === 'pi4 · mobilenet_v2 · fp32' && peak === '201 MB'));
}));

test('the matrix holds every measurement once, with verdicts in words', TEST, withReport(fullReport, {}, async ({ page }) => {
  assert.deepEqual(await idsIn(page, '#matrix'), report.measurements.map(({ id }) => id));
  await page.$$eval('#matrix details', (all) => all.forEach((details) => (details.open = true)));
  const text = await textOf(page, '#matrix');
  for (const words of ['✕ invalid: throttled', '△ unconverged', '✕ unsettled', '✕ oom in warm-up', '✕ unsupported in load', '△ changed nothing', 'not comparable', 'optimization differs (full, freeze)',
    'start 412 ms, load 88.0 ms', '579 per s (571 to 587), 4 streams', 'no rate within 50.0 ms, 4 streams',
    'no difference resolved', '≈ 1×', 'in doubt: marked throttled', 'no interval']) {
    assert.ok(text.includes(words), words);
  }
}));

test('the front of the trade-offs is the one that the definition gives', TEST, withReport(fullReport, { hash: '#settings=all&x=latency&y=parity' }, async ({ page }) => {
  const points = report.measurements
    .filter((m) => usable(m) && m.latency_ns && (m.precision === 'fp32' || m.parity))
    .map((m) => ({ id: m.id, device: m.device, x: m.latency_ns.median, y: m.precision === 'fp32' || m.parity.bit_identical ? -Infinity : -m.parity.sqnr_db }));
  const expected = ['pi4', 'nano', 'xeon'].flatMap((device) => frontByDefinition(points.filter((p) => p.device === device))).map(({ id }) => id);
  assert.ok(expected.length > 6);
  assert.deepEqual(await idsIn(page, '#pareto-fronts'), expected.sort((a, b) => a - b));

  await page.selectOption('#pareto-scope', 'all');
  assert.deepEqual(await idsIn(page, '#pareto-fronts'), frontByDefinition(points).map(({ id }) => id).sort((a, b) => a - b));
  const rows = await tableOf(page, 'pareto');
  assert.equal(rows.filter((row) => row[3] === 'yes').length, frontByDefinition(points).length);
  const errors = rows.map(([, , error]) => error);
  assert.ok(errors.includes('0 % (the reference)') && errors.includes('0 % (bit-equal)'), 'fp32 is what the others may give something up for');
}));

test('an error against fp32 is no choice where only fp32 was measured', TEST, withReport(() => ({ ...report, measurements: report.measurements.filter(({ precision }) => precision === 'fp32').map((m, id) => ({ ...m, id })), summary: [] }), {}, async ({ page }) => {
  const choices = await page.$$eval('#pareto-y option', (all) => all.map(({ value }) => value));
  assert.ok(choices.includes('size') && !choices.includes('parity') && !choices.includes('top1'), choices.join());
}));

const atBatchesToo = () => {
  const batched = report.measurements.filter((m) => m.model === 'mobilenet_v2' && m.image_size && m.scenario === 'steady' && m.batch === 1);
  const twice = [...batched, ...batched.filter((m) => m.image_size !== 320).map((m) => ({ ...m, batch: 4 }))];
  return { ...report, summary: [], rooflines: [], measurements: twice.map((m, id) => ({ ...m, id, versus_fp32: null })) };
};

test('lines that would look alike are left out until every setting is asked for', TEST, withReport(atBatchesToo, { hash: '#axis=image_size' }, async ({ page }) => {
  const caption = () => textOf(page, '#latency figcaption');
  const few = (await tableOf(page, 'latency')).length;
  assert.match(await caption(), /against image size at batch 1, .* 6 lines at other settings are left out/);
  await page.check('#all-settings');
  assert.ok((await tableOf(page, 'latency')).length > few);
  assert.ok(!(await caption()).includes('left out'));
}));

test('trade-offs without a measurement to be relied on say so', TEST, withReport(() => ({ ...report, measurements: report.measurements.map((m) => ({ ...m, verdict: 'invalid: foreign load', validity: { valid: false, reasons: ['foreign load: 0.4 cores'] } })) }), {}, async ({ page }) => {
  assert.match(await textOf(page, '#pareto .nothing'), /^No measurement is weighed: all \d+ failed or are marked invalid\.$/);
}));

test('sizes that differ by a setting are told apart by it', TEST, withReport(() => {
  const [first] = report.measurements.filter((m) => m.precision === 'int8-static');
  const two = [0, 1].map((id) => ({ ...first, id, batch: id + 1, versus_fp32: null, model_bytes: 1e6 * (id + 1) }));
  return { ...report, summary: [], measurements: two };
}, {}, async ({ page }) => {
  assert.deepEqual((await tableOf(page, 'size')).map(([, name]) => name), ['int8-static · batch 1', 'int8-static · batch 2']);
}));

test('what flattens the rest is hidden on demand, and said to be', TEST, withReport(fullReport, { hash: '#axis=seq_len&log=off' }, async ({ page }) => {
  const rowsOf = async (model) => (await tableOf(page, 'latency')).filter(([series]) => series.includes(model)).length;
  assert.ok(await rowsOf('longformer_base') > 0);
  await page.check('#latency-outliers');
  assert.equal(await rowsOf('longformer_base'), 0);
  assert.ok(await rowsOf('distilbert_base') > 0);
  const said = await textOf(page, '#latency-hidden');
  for (const device of ['pi4', 'nano', 'xeon']) assert.ok(said.includes(`${device} · longformer_base · fp32`), said);
  await page.uncheck('#latency-outliers');
  assert.ok(await rowsOf('longformer_base') > 0);
}));

test('a run that failed is marked where it failed', TEST, withReport(fullReport, { hash: '#axis=batch' }, async ({ page }) => {
  const words = await page.$$eval('#latency-figure svg text', (texts) => texts.map((text) => text.textContent));
  assert.equal(words.filter((word) => word === '✕ oom').length, 4);
  assert.equal(words.filter((word) => word === '✕ crash').length, 1);
  const rows = await tableOf(page, 'latency');
  assert.ok(rows.some(([series, batch, median, , verdict]) => series === 'pi4 · resnet18 · fp32' && batch === '16' && median === '–' && verdict === 'oom in warm-up'));
}));

test('only axes along which something was measured are offered', TEST, withReport(fullReport, {}, async ({ page }) => {
  assert.deepEqual(await page.$$eval('#latency-axis option', (options) => options.map(({ value }) => value)), ['batch', 'image_size', 'seq_len', 'frames']);
}));

test('a logarithmic axis has other marks than a linear one', TEST, withReport(fullReport, { hash: '#axis=batch' }, async ({ page }) => {
  const marks = () => page.$$eval('#latency-figure svg text', (texts) => texts.map((text) => text.textContent).filter((text) => /^[\d.]+ (ms|s)$/.test(text)));
  await page.check('#latency-log');
  const logarithmic = await marks();
  await page.uncheck('#latency-log');
  const linear = await marks();
  assert.ok(logarithmic.includes('10 ms') && !logarithmic.includes('0 s'));
  assert.ok(linear.includes('0 s') && !linear.includes('10 ms'));
}));

test('energy is drawn where there is some, and the others say why there is none', TEST, withReport(fullReport, {}, async ({ page }) => {
  assert.ok((await tableOf(page, 'energy')).every(([name]) => name.startsWith('nano')));
  const text = await textOf(page, '#energy');
  assert.ok(text.includes('No energy on pi4: the device has no sensor of power that the agent knows.'));
  assert.ok(text.includes('No energy on xeon: a virtual machine has no RAPL.'));
}));

const throttled = { verdict: 'invalid: throttled', validity: { valid: false, reasons: ['throttled: capped'] } };
test('a figure of energy that something spoiled says so beside its bar', TEST, withReport(() => ({ ...report, measurements: report.measurements.map((m) => ({ ...m, ...(m.energy?.joules_per_inference ? throttled : {}) })) }), {}, async ({ page }) => {
  const rows = await tableOf(page, 'energy');
  assert.ok(rows.length > 0 && rows.every((row) => row.at(-1) === 'invalid: throttled'));
  const bars = await page.$$eval('#energy-figure svg text', (all) => all.filter(({ textContent }) => /J.*, invalid: throttled$/.test(textContent.replaceAll('\u00a0', ' '))).length);
  assert.equal(bars, rows.length);
}));

test('samples beyond the last edge are counted', TEST, withReport(fullReport, {}, async ({ page }) => {
  assert.match(await textOf(page, '#distribution figcaption'), /Too slow to be drawn: fp32 3 of \d+ samples/);
}));

test('the course of the chosen measurement is shown', TEST, withReport(fullReport, {}, async ({ page }) => {
  const throttled = report.measurements.find((m) => m.validity?.reasons.some((reason) => reason.startsWith('throttled')));
  await page.selectOption('#course-which', String(throttled.id));
  assert.match(await textOf(page, '#course figcaption'), /Verdict: invalid: throttled/);
  assert.ok((await tableOf(page, 'course')).some(([channel]) => channel === 'clock max'));
}));

test('the roofline of each device has its own roofs', TEST, withReport(fullReport, {}, async ({ page }) => {
  const roofs = () => page.$$eval('#roofline-figure svg text', (texts) => texts.map((text) => text.textContent).filter((text) => text.startsWith('peak of')));
  const first = await roofs();
  await page.selectOption('#roofline-which', '1');
  assert.equal(first.length, 2);
  assert.notDeepEqual(await roofs(), first);
}));

test('environments show what differs, and fold what does not', TEST, withReport(fullReport, {}, async ({ page }) => {
  const open = await page.$$eval('#environments .body > .scroll tbody th', (cells) => cells.map((cell) => cell.textContent));
  const folded = await page.$$eval('#environments details tbody th', (cells) => cells.map((cell) => cell.textContent));
  assert.ok(open.includes('processor') && open.includes('kernel'));
  assert.ok(folded.includes('LibTorch') && !open.includes('LibTorch'));
}));

test('the table of all measurements sorts by what is pressed, unknown last', TEST, withReport(fullReport, {}, async ({ page }) => {
  const order = () => page.$$eval('#details tbody tr', (rows) => rows.map((row) => Number(row.dataset.measurement)));
  const medianOf = (id) => report.measurements[id].latency_ns?.median ?? Infinity;
  await page.click('#details [data-key="median"]');
  const up = (await order()).map(medianOf);
  assert.deepEqual(up, [...up].sort((a, b) => a - b));
  await page.click('#details [data-key="median"]');
  const down = (await order()).map(medianOf).filter((median) => median !== Infinity);
  assert.deepEqual(down, [...down].sort((a, b) => b - a));
  assert.equal(medianOf((await order()).at(-1)), Infinity);
  assert.equal(await page.getAttribute('#details th[aria-sort]', 'aria-sort'), 'descending');
}));

test('the page with about a hundred measurements stays below 1.5 MB', TEST, () => {
  assert.ok(report.measurements.length >= 100);
  assert.ok(write(report).bytes < 1_500_000, `${write(report).bytes} bytes`);
});
