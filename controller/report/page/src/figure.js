// A chart with all that belongs to it: a heading, a sentence on what it shows, the
// drawing under an accessible name, buttons to save it, and the same as a table.
import { init } from './charts/echarts.js';
import { h } from './dom.js';
import { savePng, saveSvg } from './saving.js';
import { plainTable } from './tables.js';
import { themeNamed } from './palette.js';

// What fits between the margins of A4, below a heading and a caption.
const PRINT_WIDTH = 680;
const PRINT_HEIGHT = 840;
// A chart that is longer still is cut by the end of the sheet, and can be read.
const LEAST_ZOOM = 0.55;
const LEAST_WIDTH = 240;

const figures = new Set();
let printing = false;

// chart: {id, heading, caption, build({theme, width}) -> {option, height}, table: {columns, rows}}
export function figure(id) {
  const heading = h('h3', { id: `${id}-heading` });
  const caption = h('figcaption', {});
  const canvas = h('div', { class: 'canvas', role: 'img' });
  const tableHost = h('div', {});
  const details = h('details', {}, h('summary', {}, 'The same as a table'), tableHost);
  const button = (text, action) => h('button', { type: 'button', class: 'quiet', onclick: () => action(self.chart) }, text);
  const svgButton = button('SVG', saveSvg);
  const pngButton = button('PNG', savePng);
  const bar = h('div', { class: 'figure-bar' }, heading, h('span', { class: 'saving' }, 'Save as', svgButton, pngButton));
  const element = h('figure', { id: `${id}-figure`, 'aria-labelledby': `${id}-heading` }, bar, caption, canvas, details);

  const self = { chart: null, themeName: 'light', element, update, draw };
  let instance = null;
  let drawnWidth = 0;

  function draw() {
    if (!self.chart) return;
    const width = printing ? PRINT_WIDTH : Math.max(LEAST_WIDTH, Math.floor(canvas.clientWidth));
    if (canvas.clientWidth === 0 && !printing) return;
    const { option, height } = self.chart.build({ theme: themeNamed(printing ? 'light' : self.themeName), width });
    instance ??= init(canvas, null, { renderer: 'svg', width, height });
    instance.resize({ width, height, silent: true });
    instance.setOption(option, { notMerge: true });
    instance.getZr().flush();
    canvas.style.zoom = printing ? Math.max(LEAST_ZOOM, Math.min(1, PRINT_HEIGHT / height)) : '';
    drawnWidth = width;
  }

  function update(chart, themeName) {
    self.chart = { id, ...chart };
    self.themeName = themeName;
    heading.textContent = chart.heading;
    caption.textContent = chart.caption;
    canvas.setAttribute('aria-label', `${chart.heading}. ${chart.caption}`);
    svgButton.setAttribute('aria-label', `Save “${chart.heading}” as SVG`);
    pngButton.setAttribute('aria-label', `Save “${chart.heading}” as PNG`);
    tableHost.replaceChildren(plainTable(chart.heading, chart.table));
    draw();
  }

  new ResizeObserver(() => {
    if (!printing && Math.floor(canvas.clientWidth) !== drawnWidth) draw();
  }).observe(canvas);
  figures.add(self);
  return self;
}

// Paper is white and narrow, and nobody can open what is closed on it.
export function watchPrinting() {
  let opened = [];
  const set = (on) => {
    if (on === printing) return;
    printing = on;
    if (on) {
      opened = [...document.querySelectorAll('main details:not([open])')];
      for (const details of opened) details.open = true;
    } else {
      for (const details of opened) details.open = false;
    }
    for (const each of figures) each.draw();
  };
  window.addEventListener('beforeprint', () => set(true));
  window.addEventListener('afterprint', () => set(false));
  window.matchMedia('print').addEventListener('change', (event) => set(event.matches));
}
