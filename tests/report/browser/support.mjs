// A browser with a report in it, which remembers whatever should not have happened.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before } from 'node:test';
import { pathToFileURL } from 'node:url';
import { writePage } from '../page.mjs';

const PAGE = process.env.EDGEBENCH_REPORT_PAGE;
const MODULES = process.env.EDGEBENCH_REPORT_MODULES;
if (!PAGE || !MODULES) throw new Error('EDGEBENCH_REPORT_PAGE must name the page, EDGEBENCH_REPORT_MODULES the folder of node_modules');

const modules = createRequire(path.join(path.resolve(MODULES), 'package.json'));
const { chromium } = modules('playwright-core');
export const axeSource = modules('axe-core').source;

// Bounds every wait; a browser on a loaded machine with a few slow cores needs some of it.
const PATIENCE_MS = 30_000;
export const TEST = { timeout: 240_000 };

function browserOnPath() {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    const found = folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
    if (found) return found;
  }
  throw new Error('there is no chromium on the PATH: deploy/install-deps.sh test installs it');
}

let browser = null;
let folder = null;

export function useBrowser() {
  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'edgebench-report-'));
    const args = process.getuid() === 0 ? ['--no-sandbox'] : [];
    browser = await chromium.launch({ executablePath: browserOnPath(), args, timeout: PATIENCE_MS });
  }, TEST);
  after(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  }, TEST);
}

let written = 0;

export function write(report) {
  const file = path.join(folder, `report-${++written}.html`);
  return { file, bytes: writePage(PAGE, report, file), address: pathToFileURL(file).href };
}

const DESK = { width: 1280, height: 900 };

// `expect`: what is in the page once it is ready. {page, faults, leave}: `faults` are requests beyond the file, messages on the console and errors.
export async function open(report, { hash = '', expect = 'h1', ...options } = {}) {
  const { address, file } = typeof report === 'string' ? { address: pathToFileURL(report).href, file: report } : write(report);
  const context = await browser.newContext({ viewport: DESK, acceptDownloads: true, ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const faults = [];
  page.on('request', (request) => {
    const url = request.url();
    if (!/^(data|blob):/.test(url) && url.split('#')[0] !== address) faults.push(`request of ${url}`);
  });
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`error: ${error.stack}`));
  await page.goto(`${address}${hash}`);
  await page.waitForSelector(`#main ${expect}`, { state: 'attached' });
  return { page, faults, file, address, leave: () => context.close() };
}

// A test with a page of its own, on which nothing may go wrong.
export function withReport(report, options, body) {
  return async () => {
    const opened = await open(report(), options);
    try {
      await body(opened);
      assert.deepEqual(opened.faults, []);
    } finally {
      await opened.leave();
    }
  };
}

export const idsIn = (page, selector) =>
  page.$$eval(`${selector} [data-measurement]`, (elements) => [...new Set(elements.map((e) => Number(e.dataset.measurement)))].sort((a, b) => a - b));

export const textOf = async (page, selector) => (await page.locator(selector).innerText()).replaceAll('\u00a0', ' ');

// The cells of the table that stands for a chart.
export const tableOf = (page, id) =>
  page.$$eval(`#${id}-figure tbody tr`, (rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent.replaceAll('\u00a0', ' '))));

export const CHARTS = ['latency', 'size', 'pareto', 'distribution', 'course', 'memory', 'energy', 'coverage', 'roofline'];
