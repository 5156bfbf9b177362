// A chart as a file of its own: light, of a fixed width, with its title and what it
// shows above it.
import { init } from './charts/echarts.js';
import { FONT, widthOf } from './charts/text.js';
import { h } from './dom.js';
import { themeNamed } from './palette.js';

const WIDTH = 960;
const PADDING = 16;
// Sharp on screens of twice the density, and in print.
const PNG_SCALE = 2;
const SVG = 'http://www.w3.org/2000/svg';

function wrapped(text, size, width) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const longer = lines.at(-1) === '' ? word : `${lines.at(-1)} ${word}`;
    if (widthOf(longer, size) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.filter((line) => line !== '');
}

function draw(chart) {
  const { option, height } = chart.build({ theme: themeNamed('light'), width: WIDTH });
  const instance = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  instance.setOption(option);
  const svg = instance.renderToSVGString();
  instance.dispose();
  return { svg: new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement, height };
}

function textElement(text, y, size, weight, colour) {
  const element = document.createElementNS(SVG, 'text');
  const attributes = { x: PADDING, y, 'font-size': size, 'font-weight': weight, fill: colour, 'font-family': FONT };
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.textContent = text;
  return element;
}

// {text, width, height} of the whole drawing.
export function svgOf(chart) {
  const theme = themeNamed('light');
  const { svg, height } = draw(chart);
  const words = [
    ...wrapped(chart.heading, 18, WIDTH - 2 * PADDING).map((text) => [text, 18, 600, theme.ink]),
    ...wrapped(chart.caption, 12, WIDTH - 2 * PADDING).map((text) => [text, 12, 400, theme.quiet]),
  ];
  let y = PADDING;
  const texts = words.map(([text, size, weight, colour]) => textElement(text, (y += size * 1.4) - size * 0.3, size, weight, colour));
  const above = Math.ceil(y + PADDING / 2);
  const whole = document.createElementNS(SVG, 'svg');
  const total = above + height + PADDING;
  for (const [name, value] of Object.entries({ width: WIDTH, height: total, viewBox: `0 0 ${WIDTH} ${total}` })) whole.setAttribute(name, value);
  const back = document.createElementNS(SVG, 'rect');
  for (const [name, value] of Object.entries({ width: WIDTH, height: total, fill: theme.surface })) back.setAttribute(name, value);
  svg.setAttribute('y', above);
  whole.append(back, ...texts, document.importNode(svg, true));
  return { text: new XMLSerializer().serializeToString(whole), width: WIDTH, height: total };
}

function save(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = h('a', { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  // The browser reads the file after this turn.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

export function saveSvg(chart) {
  save(new Blob([svgOf(chart).text], { type: 'image/svg+xml' }), `edgebench-${chart.id}.svg`);
}

export async function savePng(chart) {
  const { text, width, height } = svgOf(chart);
  const address = URL.createObjectURL(new Blob([text], { type: 'image/svg+xml' }));
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = h('canvas', { width: width * PNG_SCALE, height: height * PNG_SCALE });
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(address);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
  save(blob, `edgebench-${chart.id}.png`);
}
