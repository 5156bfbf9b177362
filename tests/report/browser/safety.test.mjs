// Reports of strangers, reports with little in them, and pages that are broken.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import test from 'node:test';
import { HOSTILE, emptyReport, fullReport, hostileReport, sparseReport } from '../fixture.mjs';
import { CHARTS, TEST, open, textOf, useBrowser, withReport, write } from './support.mjs';

useBrowser();

test('names that look like scripts are shown and do not run', TEST, withReport(hostileReport, {}, async ({ page }) => {
  await page.$$eval('details', (all) => all.forEach((details) => (details.open = true)));
  // Tooltips are made of data too.
  for (const id of CHARTS) {
    const canvas = page.locator(`#${id}-figure .canvas`);
    await canvas.scrollIntoViewIfNeeded();
    const { x, y, width, height } = await canvas.boundingBox();
    for (const part of [0.3, 0.5, 0.8]) await page.mouse.move(x + width * part, y + height * 0.5, { steps: 4 });
  }
  assert.equal(await page.evaluate(() => window.__ran), undefined);
  assert.equal(await page.title(), HOSTILE.script);
  assert.equal(await page.textContent('h1'), HOSTILE.script);
  assert.equal(await page.locator('main img, main script').count(), 0);
  assert.ok(!/[\u0000\u202e]/.test(await page.textContent('main')));
  const titles = await page.$$eval('#matrix .name', (all) => all.map((e) => e.title));
  assert.ok(titles.includes(HOSTILE.image));
}));

test('a tooltip shows the point that the mouse is on, as text', TEST, withReport(hostileReport, {}, async ({ page }) => {
  const bar = page.locator('#size-figure .canvas');
  await bar.scrollIntoViewIfNeeded();
  const { x, y, width, height } = await bar.boundingBox();
  let text = '';
  for (let part = 0.05; part < 0.9 && !text.includes('on '); part += 0.02) {
    await page.mouse.move(x + width * 0.3, y + height * part);
    text = await page.$eval('#size-figure', (figure) => figure.querySelector('.tooltip')?.textContent ?? '');
  }
  assert.ok(text.includes('the same on'), text);
}));

test('the policy of the page keeps scripts and requests out', TEST, async () => {
  const { page, faults, leave } = await open(fullReport());
  const answered = [];
  page.on('response', (response) => answered.push(response.url()));
  await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.__ran = 1';
    document.body.append(script);
    const image = document.createElement('img');
    image.src = 'https://example.invalid/x.png';
    document.body.append(image);
    return fetch('https://example.invalid/').catch(() => null);
  });
  assert.equal(await page.evaluate(() => window.__ran), undefined);
  const refused = faults.filter((fault) => /Content Security Policy/.test(fault));
  assert.ok(refused.length >= 3, faults.join('\n'));
  assert.deepEqual(answered, []);
  await leave();
});

test('a long name is cut where it stands and whole in its title', TEST, withReport(hostileReport, {}, async ({ page }) => {
  const label = page.locator('#filters label').filter({ hasText: 'long xxx' }).first();
  assert.equal(await label.getAttribute('title'), HOSTILE.long);
  assert.ok((await label.boundingBox()).height < 90);
  for (const element of await page.$$('main h1, main h3, main li, main figcaption, main td, main option')) {
    const box = await element.boundingBox();
    assert.ok(!box || box.height < 700, await element.evaluate((e) => `${e.tagName} ${e.className} ${e.textContent.slice(0, 40)}`));
  }
}));

test('an empty report is a sentence and no broken charts', TEST, withReport(emptyReport, {}, async ({ page }) => {
  assert.match(await textOf(page, '#main'), /This report holds no measurements/);
  assert.equal(await page.locator('svg, section, .canvas').count(), 0);
  assert.ok(!(await page.locator('#side').isVisible()));
}));

test('a report in which nearly all is unknown says so section by section', TEST, withReport(sparseReport, {}, async ({ page }) => {
  const sentences = {
    latency: /^Nothing was measured at several/, size: /^The size of no model is known/, pareto: /^There are no two figures/, distribution: /^The samples/, course: /^Nothing was sampled/,
    memory: /^No device could say/, energy: /^No energy on xeon: the reason is not known/, coverage: /^Nothing that the filters show was quantized/, roofline: /^No roofline/,
  };
  for (const [id, sentence] of Object.entries(sentences)) assert.match(await textOf(page, `#${id} .nothing`), sentence);
  const text = await textOf(page, '#main');
  assert.ok(text.includes('not judged') && text.includes('no interval'));
  assert.ok(!/\b(NaN|undefined|null|Infinity)\b/.test(text));
  assert.ok(!/\b0(\.0+)? ?(ns|B|nJ|J|dB|%)/.test(text), 'what is unknown is not 0');
}));

test('no section of a full report shows what only a program understands', TEST, withReport(fullReport, {}, async ({ page }) => {
  await page.$$eval('details', (all) => all.forEach((details) => (details.open = true)));
  const text = await page.evaluate(() => document.body.innerText + [...document.querySelectorAll('svg text')].map((e) => e.textContent).join(' '));
  assert.ok(!/\b(NaN|undefined|null|Infinity|\[object)\b/.test(text));
}));

test('plain JSON in the slot is read as well', TEST, async () => {
  const { file } = write(emptyReport());
  const page = readFileSync(file, 'utf8').replace(/<script id="report-data"[^>]*>[^<]*/, () => `<script id="report-data" type="application/json">${JSON.stringify(sparseReport())}`);
  writeFileSync(file, page);
  const opened = await open(file);
  assert.equal(await textOf(opened.page, '#count'), '2 of 2 measurements');
  assert.deepEqual(opened.faults, []);
  await opened.leave();
});

for (const [name, spoil, sentence] of [
  ['damaged', (page) => page.replace(/(data-encoding="deflate-base64">.{40}).{8}/, '$1AAAAAAAA'), /This report cannot be shown/],
  ['of another version', () => null, /form of version 2, this page reads 1/],
]) {
  test(`a report that is ${name} is refused with a sentence`, TEST, async () => {
    const { file } = write(name === 'damaged' ? fullReport() : { ...emptyReport(), schema_version: 2 });
    const spoiled = spoil(readFileSync(file, 'utf8'));
    if (spoiled) writeFileSync(file, spoiled);
    const { page, leave } = await open(file, { expect: '[role="alert"]' });
    assert.match(await textOf(page, '#main'), sentence);
    await leave();
  });
}

test('without JavaScript the page says what it needs', TEST, async () => {
  const { page, leave } = await open(fullReport(), { javaScriptEnabled: false, expect: 'noscript' });
  assert.match(await textOf(page, '#main'), /JavaScript, which is switched off/);
  await leave();
});
