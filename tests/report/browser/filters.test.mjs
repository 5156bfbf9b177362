// Filters act on everything, and the address holds them.
import assert from 'node:assert/strict';
import test from 'node:test';
import { fullReport } from '../fixture.mjs';
import { CHARTS, TEST, idsIn, open, tableOf, textOf, useBrowser, withReport } from './support.mjs';

useBrowser();

const report = fullReport();
const count = (page) => textOf(page, '#count');

test('a device that is filtered away is gone from every section', TEST, withReport(fullReport, {}, async ({ page }) => {
  const before = await page.locator('#main').innerText();
  assert.ok(before.includes('pi4'));
  await page.getByRole('checkbox', { name: 'pi4', exact: true }).uncheck();
  const left = report.measurements.filter((m) => m.device !== 'pi4').map(({ id }) => id);
  assert.equal(await count(page), `${left.length} of ${report.measurements.length} measurements`);
  assert.deepEqual(await idsIn(page, '#matrix'), left);
  assert.deepEqual(await idsIn(page, '#details'), left);
  await page.$$eval('main details', (all) => all.forEach((details) => (details.open = true)));
  const sections = await page.$$eval('section', (all) => all.map(({ id }) => id));
  assert.equal(sections.length, 13);
  for (const id of sections) assert.ok(!(await page.locator(`#${id}`).innerText()).includes('pi4'), `${id} still speaks of pi4`);
  const options = await page.$$eval('main option', (all) => all.map(({ textContent }) => textContent));
  assert.ok(options.every((text) => !text.includes('pi4')));
  const drawn = await page.$$eval('main svg text', (texts) => texts.map(({ textContent }) => textContent));
  assert.ok(drawn.some((text) => text.includes('nano')) && drawn.every((text) => !text.includes('pi4')));
}));

for (const [facet, value, field] of [['model', 'mobilenet_v2', 'model'], ['precision', 'fp32', 'precision'], ['batch', '4', 'batch'], ['image_size', '320', 'image_size'], ['seq_len', '512', 'seq_len'], ['frames', '800', 'frames'], ['threads', '8', 'threads'], ['scenario', 'cold', 'scenario']]) {
  test(`the filter of ${facet} leaves what has another value, or none`, TEST, withReport(fullReport, {}, async ({ page }) => {
    const box = page.locator('fieldset input[data-facet="' + facet + '"]').and(page.getByLabel(value, { exact: true }));
    await box.uncheck();
    const left = report.measurements.filter((m) => String(m[field]) !== value).map(({ id }) => id);
    assert.ok(left.length < report.measurements.length);
    assert.deepEqual(await idsIn(page, '#details'), left);
    assert.deepEqual(await idsIn(page, '#matrix'), left);
  }));
}

test('none hides all of a facet with a sentence in place of charts, and all brings it back', TEST, withReport(fullReport, {}, async ({ page }) => {
  await page.click('button[aria-label="Devices: none"]');
  assert.equal(await count(page), `0 of ${report.measurements.length} measurements`);
  for (const id of CHARTS.filter((chart) => chart !== 'roofline')) {
    assert.equal(await textOf(page, `#${id} .nothing`), 'No measurement passes the filters.');
    assert.ok(!(await page.locator(`#${id}-figure`).isVisible()), id);
  }
  await page.click('button[aria-label="Devices: all"]');
  assert.equal(await count(page), `${report.measurements.length} of ${report.measurements.length} measurements`);
  assert.ok(await page.locator('#latency-figure svg').isVisible());
}));

test('sentences about what is filtered away disappear, and the page says so', TEST, withReport(fullReport, {}, async ({ page }) => {
  assert.equal(await page.locator('#summary .sentences li').count(), report.summary.length);
  await page.getByRole('checkbox', { name: 'nano', exact: true }).uncheck();
  const text = await textOf(page, '#summary');
  assert.ok(!text.includes('nano'));
  assert.ok(text.includes('mobilenet_v2 runs fastest on xeon'));
  assert.match(text, /4 sentences about what the filters hide are not shown\./);
}));

test('the address restores filters, choices, order and theme', TEST, withReport(fullReport, {}, async ({ page, file }) => {
  await page.getByRole('checkbox', { name: 'xeon', exact: true }).uncheck();
  await page.getByRole('checkbox', { name: 'bf16', exact: true }).uncheck();
  await page.selectOption('#latency-axis', 'frames');
  await page.selectOption('#latency-panels', 'none');
  await page.selectOption('#pareto-x', 'size');
  await page.selectOption('#pareto-y', 'parity');
  await page.click('#details [data-key="p90"]');
  await page.click('#theme');
  const hash = new URL(page.url()).hash;
  assert.ok(hash.length > 1);
  const state = async (of) => ({
    count: await count(of), details: await idsIn(of, '#details'), latency: await tableOf(of, 'latency'), pareto: await tableOf(of, 'pareto'),
    sorted: await of.getAttribute('#details th[aria-sort] button', 'data-key'), theme: await of.getAttribute('html', 'data-theme'), panels: await of.inputValue('#latency-panels'),
  });
  const again = await open(file, { hash });
  assert.deepEqual(await state(again.page), await state(page));
  assert.deepEqual(again.faults, []);
  await again.leave();
}));

test('an address that is edited by hand takes effect', TEST, withReport(fullReport, {}, async ({ page }) => {
  await page.evaluate(() => { location.hash = '#hide-device=pi4&hide-device=nano'; });
  await page.waitForFunction((all) => !document.getElementById('count').textContent.startsWith(`${all} `), report.measurements.length);
  assert.deepEqual(await idsIn(page, '#details'), report.measurements.filter((m) => m.device === 'xeon').map(({ id }) => id));
}));

test('reset shows everything, empties the address and keeps the theme', TEST, withReport(fullReport, { hash: '#hide-device=pi4&axis=frames&theme=dark' }, async ({ page }) => {
  await page.click('#reset');
  assert.equal(await count(page), `${report.measurements.length} of ${report.measurements.length} measurements`);
  assert.equal(new URL(page.url()).hash, '#theme=dark');
  assert.ok(await page.isChecked('input[data-facet="device"] >> nth=0'));
}));

test('bars show the usual setting of a model, and every setting on demand', TEST, withReport(fullReport, {}, async ({ page }) => {
  const usual = (await tableOf(page, 'memory')).length;
  await page.check('#all-settings');
  assert.ok((await tableOf(page, 'memory')).length > 2 * usual);
}));

test('a choice within the page does not move the reader, and a link of the contents does', TEST, withReport(fullReport, {}, async ({ page }) => {
  const before = page.url();
  await page.getByRole('link', { name: 'Roofline' }).click();
  assert.equal(await page.evaluate(() => document.activeElement.id), 'roofline-title');
  assert.equal(page.url(), before);
  const top = await page.locator('#roofline-title').evaluate((heading) => heading.getBoundingClientRect().top);
  assert.ok(top >= 0 && top < 300, `the heading is at ${top}`);
}));
