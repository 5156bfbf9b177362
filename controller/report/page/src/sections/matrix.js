// The figures side by side: of each model, devices down and precisions across.
import { clipped, h } from '../dom.js';
import { TIME, intervalOf, percent, plural, spread, time } from '../format.js';
import { atUsualSettings, groupBy, labeller, modelKey, settingKey, settingText, valuesOf } from '../settings.js';
import { coldText, rateText } from '../scenarios.js';
import { section } from '../section.js';
import { scrollBox } from '../tables.js';
import { speedUpOf, verdictOf } from '../verdict.js';

const MARKS = { ok: '✓', caution: '△', invalid: '✕', failed: '✕', unknown: '?' };

export function verdictChip(measurement) {
  const { text, grade, detail } = verdictOf(measurement);
  return h('span', { class: `verdict ${grade}`, title: detail || null }, h('span', { 'aria-hidden': 'true' }, `${MARKS[grade]} `), text);
}

function speedUpLine(measurement) {
  const speedUp = speedUpOf(measurement);
  if (!speedUp) return null;
  const { text, interval, note, detail, grade } = speedUp;
  return h('div', { class: `speed-up ${grade}` },
    h('span', { class: 'factor' }, text),
    interval ? h('span', { class: 'interval', title: `${percent(measurement.versus_fp32.confidence)} interval` }, ` (${interval})`) : null,
    note ? h('div', { class: 'note', title: detail || note }, note) : null);
}

function scenarioLines(measurement) {
  return [coldText(measurement), rateText(measurement)].filter(Boolean).map((text) => h('div', { class: 'scenario' }, text));
}

function figureLines(measurement) {
  const latency = measurement.latency_ns;
  const others = scenarioLines(measurement);
  if (!latency) return [...others, measurement.message ? clipped(measurement.message, 'div', { class: 'note' }) : null];
  const { median, ci95_low: low, ci95_high: high } = latency;
  const interval = intervalOf(TIME, median, low, high);
  return [
    h('div', { class: 'median' }, time(median, low, high), h('span', { class: 'spread' }, ` ${spread(median, low, high)}`)),
    h('div', { class: 'interval' }, low === null ? 'no interval' : interval),
    ...others,
    speedUpLine(measurement),
  ];
}

function cell(measurements, nameOf) {
  if (measurements.length === 0) return h('td', { class: 'empty' }, h('span', { 'aria-label': 'not measured' }, '–'));
  return h('td', {}, measurements.map((m) =>
    h('div', { class: 'entry', 'data-measurement': m.id },
      measurements.length > 1 ? clipped(nameOf(m) || settingText(m), 'div', { class: 'which' }) : null,
      figureLines(m),
      verdictChip(m))));
}

// Rows are devices with their target and threads: those of a device that differ in these
// are not to be set beside each other in one cell.
const rowKey = (m) => JSON.stringify([m.device, m.target]);

function rowHeading(measurements) {
  const [{ device, target }] = measurements;
  const threads = [...new Set(measurements.map((m) => m.threads).filter((n) => n !== null))];
  const where = [target, threads.length === 1 ? plural(threads[0], 'thread') : null].filter(Boolean).join(', ');
  return h('th', { scope: 'row' }, clipped(device, 'div', { class: 'name' }), h('div', { class: 'where' }, where));
}

function tableOf(model, measurements) {
  const setting = settingText(measurements[0]);
  const label = `${model} at ${setting}`;
  const precisions = valuesOf(measurements, 'precision');
  const sharedThreads = [...groupBy(measurements, rowKey).values()].every((row) => new Set(row.map((m) => m.threads)).size === 1);
  const nameOf = labeller(measurements, ['device', 'model', 'precision', 'target', ...(sharedThreads ? ['threads'] : [])]);
  const devices = valuesOf(measurements, 'device');
  const byDevice = devices.flatMap((device) => measurements.filter((m) => m.device === device));
  const rows = [...groupBy(byDevice, rowKey).values()].map((row) =>
    h('tr', {}, rowHeading(row), precisions.map((precision) => cell(row.filter((m) => m.precision === precision), nameOf))));
  const head = h('tr', {}, h('th', { scope: 'col' }, 'Device'), precisions.map((precision) => h('th', { scope: 'col' }, precision)));
  return scrollBox(label, h('table', { class: 'matrix' }, h('caption', {}, setting), h('thead', {}, head), h('tbody', {}, rows)));
}

function modelBlock(measurements, isOpen) {
  const [{ model, weights }] = measurements;
  const usual = atUsualSettings(measurements);
  const settings = [...groupBy(measurements, settingKey).values()].filter((setting) => setting[0] !== usual[0] && !usual.includes(setting[0]));
  const heading = [h('h3', {}, clipped(model)), ...(weights ? [clipped(`with weights ${weights}`, 'p', { class: 'weights' })] : [])];
  const more = settings.length > 0
    ? h('details', { open: isOpen }, h('summary', {}, `${plural(settings.length, 'other setting')} of ${model.length > 40 ? 'this model' : model}`),
      settings.map((setting) => tableOf(model, setting)))
    : null;
  return h('article', {}, heading, tableOf(model, usual), more);
}

export function matrixSection() {
  const self = section('matrix', 'Side by side',
    'Median latency of one inference of the whole batch with its 95 % interval, the speed-up against fp32 on the same device with its interval (above 1× is faster), and the verdict on the measurement.');
  const open = new Set();
  return {
    ...self,
    update({ shown }) {
      if (shown.length === 0) return self.say('No measurement passes the filters.');
      self.say(null);
      const blocks = [...groupBy(shown, modelKey)].map(([key, measurements]) => {
        const block = modelBlock(measurements, open.has(key));
        block.querySelector('details')?.addEventListener('toggle', ({ target }) => (target.open ? open.add(key) : open.delete(key)));
        return block;
      });
      self.body.replaceChildren(...blocks);
    },
  };
}
