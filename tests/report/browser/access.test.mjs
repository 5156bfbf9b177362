// For everybody: keyboard, screen readers, light and dark, small screens, paper, files.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { emptyReport, fullReport, hostileReport, sparseReport } from '../fixture.mjs';
import { CHARTS, TEST, axeSource, tableOf, textOf, useBrowser, withReport } from './support.mjs';

useBrowser();

const NARROW = { viewport: { width: 360, height: 740 } };

async function gravestFaults(page) {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => window.axe.run());
  return violations.filter(({ impact }) => ['serious', 'critical'].includes(impact)).map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 200)}`);
}

// axe is told to the page through the debugger, past the policy that keeps scripts out.
for (const [name, report, options] of [
  ['a full report in light', fullReport, { bypassCSP: true, colorScheme: 'light' }],
  ['a full report in dark', fullReport, { bypassCSP: true, colorScheme: 'dark' }],
  ['a full report on a narrow screen', fullReport, { bypassCSP: true, ...NARROW }],
  ['an empty report', emptyReport, { bypassCSP: true }],
  ['a sparse report', sparseReport, { bypassCSP: true }],
]) {
  test(`axe finds no serious fault in ${name}`, TEST, withReport(report, options, async ({ page }) => {
    await page.$$eval('details', (all) => all.forEach((details) => (details.open = true)));
    assert.deepEqual(await gravestFaults(page), []);
  }));
}

async function press(page, key, until, most = 80) {
  for (let i = 0; i < most; ++i) {
    await page.keyboard.press(key);
    if (await page.evaluate(until)) return i + 1;
  }
  throw new Error(`${most} times ${key} did not lead there`);
}

test('the first thing that the keyboard reaches skips to the report', TEST, withReport(fullReport, {}, async ({ page }) => {
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'skip');
  const box = await page.locator('#skip').boundingBox();
  assert.ok(box.x >= 0, 'it is seen while it has the focus');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
}));

test('the keyboard alone reaches the filters, works them, and keeps its place', TEST, withReport(fullReport, {}, async ({ page }) => {
  await press(page, 'Tab', () => document.activeElement.dataset.facet === 'device');
  const focused = await page.evaluate(() => document.activeElement.id);
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.notEqual(outline, 'none');
  const before = await textOf(page, '#count');
  await page.keyboard.press('Space');
  assert.notEqual(await textOf(page, '#count'), before);
  assert.equal(await page.evaluate(() => document.activeElement.id), focused);
  await press(page, 'Tab', () => document.activeElement.id === 'reset');
  await page.keyboard.press('Enter');
  assert.equal(await textOf(page, '#count'), before);
}));

test('the keyboard alone works choices, saving and sorting', TEST, withReport(fullReport, {}, async ({ page }) => {
  await page.locator('#latency-title').focus();
  await press(page, 'Tab', () => document.activeElement.id === 'latency-axis', 3);
  await page.keyboard.press('ArrowDown');
  assert.equal(await page.locator('#latency-heading').innerText(), 'Latency against image size');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'latency-axis');
  const download = page.waitForEvent('download');
  await press(page, 'Tab', () => document.activeElement.textContent === 'SVG', 8);
  await page.keyboard.press('Enter');
  assert.equal((await download).suggestedFilename(), 'edgebench-latency.svg');
  await page.locator('#details-title').focus();
  await press(page, 'Tab', () => document.activeElement.dataset.key === 'device', 5);
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.dataset.key), 'device');
}));

test('how many measurements are left is announced', TEST, withReport(fullReport, {}, async ({ page }) => {
  assert.equal(await page.getAttribute('#count', 'aria-live'), 'polite');
}));

async function saved(page, id, kind) {
  const waiting = page.waitForEvent('download');
  await page.locator(`#${id}-figure`).getByRole('button', { name: `as ${kind}` }).click();
  const download = await waiting;
  return { name: download.suggestedFilename(), content: readFileSync(await download.path()) };
}

const faultOfSvg = (page, text) =>
  page.evaluate((svg) => new DOMParser().parseFromString(svg, 'image/svg+xml').querySelector('parsererror')?.textContent ?? null, text);

test('every chart is saved as an SVG that stands by itself', TEST, withReport(fullReport, { colorScheme: 'dark' }, async ({ page }) => {
  for (const id of CHARTS) {
    const { name, content } = await saved(page, id, 'SVG');
    const text = content.toString('utf8');
    assert.equal(name, `edgebench-${id}.svg`);
    assert.ok(text.startsWith('<svg '), text.slice(0, 40));
    assert.ok((text.match(/<path /g) ?? []).length >= 8, id);
    assert.ok(!/(href|src)="(?!#)/.test(text), 'it refers to nothing else');
    assert.ok(text.includes('fill="#ffffff"'), 'it is light, whatever the page is');
    assert.equal(await faultOfSvg(page, text), null);
  }
}));

test('every chart is saved as a PNG with something in it', TEST, withReport(fullReport, {}, async ({ page }) => {
  for (const id of CHARTS) {
    const { name, content } = await saved(page, id, 'PNG');
    assert.equal(name, `edgebench-${id}.png`);
    assert.deepEqual([...content.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    assert.equal(content.readUInt32BE(16), 1920);
    assert.ok(content.length > 10_000, `${id} has ${content.length} bytes`);
  }
}));

test('charts of hostile names are saved too', TEST, withReport(hostileReport, {}, async ({ page }) => {
  for (const id of CHARTS) {
    const { content } = await saved(page, id, 'SVG');
    assert.equal(await faultOfSvg(page, content.toString('utf8')), null);
    assert.ok(!content.includes('<script') && !content.includes('<img'), id);
    assert.ok((await saved(page, id, 'PNG')).content.length > 1000, id);
  }
}));

for (const [name, report] of [['a full', fullReport], ['a hostile', hostileReport], ['a sparse', sparseReport], ['an empty', emptyReport]]) {
  test(`${name} report does not scroll sideways on a narrow screen`, TEST, withReport(report, NARROW, async ({ page }) => {
    await page.$$eval('details', (all) => all.forEach((details) => (details.open = true)));
    const [scrollWidth, clientWidth] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
    assert.ok(scrollWidth <= clientWidth, `${scrollWidth} > ${clientWidth}`);
    // Nothing is cut off instead: what is wider scrolls in a box of its own.
    const cut = await page.$$eval('main h2, main .canvas, main p', (all) => all.filter((e) => e.getBoundingClientRect().right > 361 || e.getBoundingClientRect().left < -1).length);
    assert.equal(cut, 0);
  }));
}

test('tables that are wider than the screen scroll in a box that the keyboard reaches', TEST, withReport(fullReport, NARROW, async ({ page }) => {
  const boxes = await page.$$eval('main .scroll', (all) => all.filter((box) => box.scrollWidth > box.clientWidth).map((box) => [box.tabIndex, box.getAttribute('aria-label')]));
  assert.ok(boxes.length > 3);
  for (const [tabIndex, label] of boxes) assert.ok(tabIndex === 0 && label);
}));

test('charts follow the width of the window', TEST, withReport(fullReport, {}, async ({ page }) => {
  const width = () => page.locator('#size-figure svg').evaluate((svg) => svg.getBoundingClientRect().width);
  const wide = await width();
  await page.setViewportSize({ width: 700, height: 900 });
  await page.waitForFunction((before) => document.querySelector('#size-figure svg').getBoundingClientRect().width < before - 100, wide);
  assert.ok(await width() <= 700);
}));

test('on paper the page is light, whole and without controls', TEST, withReport(fullReport, { colorScheme: 'dark' }, async ({ page }) => {
  assert.notEqual(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(255, 255, 255)');
  await page.emulateMedia({ media: 'print' });
  await page.waitForFunction(() => [...document.querySelectorAll('main details')].every((details) => details.open));
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(255, 255, 255)');
  for (const selector of ['#side', '#theme', '#latency .controls', '#latency .saving', '.contents']) assert.ok(!(await page.locator(selector).isVisible()), selector);
  const grounds = await page.$$eval('main .canvas svg', (all) => all.map((svg) => [svg.querySelector('rect').getAttribute('fill'), svg.getBoundingClientRect().width]));
  assert.equal(grounds.length, CHARTS.length);
  for (const [fill, width] of grounds) {
    assert.equal(fill, '#ffffff');
    assert.ok(width <= 710, `${width} is wider than the paper`);
  }
  await page.emulateMedia({ media: 'screen' });
  await page.waitForFunction(() => [...document.querySelectorAll('main details')].every((details) => !details.open));
  const pdf = await page.pdf({ format: 'A4' });
  assert.equal(pdf.subarray(0, 5).toString(), '%PDF-');
}));

// Of A4, between the margins of the page.
const SHEET_PIXELS = ((297 - 2 * 14) / 25.4) * 96;

test('on paper a chart that is longer than a sheet goes on on the next, with no bar left out', TEST, withReport(fullReport, { hash: '#settings=all&panels=model' }, async ({ page }) => {
  const sheetsOf = (id) => page.$$eval(`#${id}-figure .canvas svg`, (all) => all.map((svg) => {
    const texts = [...svg.querySelectorAll('text')].map(({ textContent }) => textContent);
    return { height: svg.getBoundingClientRect().height, bars: texts.filter((text) => text.includes(' · ')).length, texts };
  }));
  assert.equal((await sheetsOf('memory')).length, 1);
  await page.emulateMedia({ media: 'print' });
  await page.waitForFunction(() => document.querySelectorAll('#memory-figure .canvas svg').length > 2);
  for (const id of CHARTS) for (const { height } of await sheetsOf(id)) assert.ok(height < SHEET_PIXELS, `${id} has ${height}`);
  for (const id of ['memory', 'energy', 'coverage']) {
    const bars = (await sheetsOf(id)).reduce((sum, sheet) => sum + sheet.bars, 0);
    assert.equal(bars, (await tableOf(page, id)).length, id);
  }
  const [, second] = await sheetsOf('memory');
  assert.ok(second.texts.includes('mobilenet_v2, continued'));
  await page.emulateMedia({ media: 'screen' });
  await page.waitForFunction(() => document.querySelectorAll('#memory-figure .canvas svg').length === 1);
}));

test('the theme is the one of the system until the button says otherwise', TEST, withReport(fullReport, { colorScheme: 'dark' }, async ({ page }) => {
  const ground = () => page.locator('#size-figure svg rect').first().getAttribute('fill');
  const dark = await ground();
  await page.click('#theme');
  assert.equal(await page.getAttribute('html', 'data-theme'), 'light');
  assert.notEqual(await ground(), dark);
  await page.click('#theme');
  assert.equal(await ground(), dark);
}));

test('nothing moves', TEST, withReport(fullReport, {}, async ({ page }) => {
  assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
}));
