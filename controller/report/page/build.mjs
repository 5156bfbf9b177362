// Makes the page: one file with its script, its style and a slot for measurements.
//
//   node build.mjs MODULES OUTPUT.html
//
// MODULES is the folder in which `npm ci` was run: beside the build, as nothing is ever
// written among the sources. OUTPUT.html.d lists what the page is made of, for ninja and make.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

// The program splits the page here; nothing else of the page may read like it.
const SLOT = '@EDGEBENCH_REPORT_DATA@';

const here = path.dirname(fileURLToPath(import.meta.url));
const [modules, output] = process.argv.slice(2);
if (!output) throw new Error('usage: node build.mjs MODULES OUTPUT.html');
const require = createRequire(path.resolve(modules, 'package.json'));
const { build } = require('esbuild');
const madeOf = new Set([fileURLToPath(import.meta.url), path.join(here, 'page.html')]);

// Chromium 111, Firefox 119 and Safari 16.4 have all that the page calls.
const target = ['chrome111', 'firefox119', 'safari16.4'];

async function bundle(entry, format) {
  const result = await build({
    entryPoints: [path.join(here, entry)],
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    nodePaths: [path.resolve(modules, 'node_modules')],
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'warning',
    define: { 'process.env.NODE_ENV': '"production"' },
    format,
    target,
  });
  // The packages are as the lock says, and need not be looked at one by one.
  const inputs = Object.keys(result.metafile.inputs).map((input) => path.resolve(input));
  for (const input of inputs) if (input.startsWith(here + path.sep)) madeOf.add(input);
  return result.outputFiles[0].text.trim();
}

// Licences that ask for it travel with what they cover.
async function notices() {
  const folder = (name) => path.dirname(require.resolve(`${name}/package.json`));
  const read = (...parts) => readFile(path.join(...parts), 'utf8');
  const version = async (name) => JSON.parse(await read(folder(name), 'package.json')).version;
  const parts = [
    `Apache ECharts ${await version('echarts')}, under the Apache License 2.0`,
    await read(folder('echarts'), 'NOTICE'),
    `ZRender ${await version('zrender')}`,
    await read(folder('zrender'), 'LICENSE'),
    'ECharts contains parts of D3',
    await read(folder('echarts'), 'licenses', 'LICENSE-d3'),
  ];
  return parts.map((part) => part.trim()).join('\n\n');
}

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

const script = await bundle('src/main.js', 'esm');
if (/<\/script|<!--/i.test(script)) throw new Error('the script would end its own element');

// Only this script runs, and nothing is fetched: whatever names a report may hold.
const hash = createHash('sha256').update(script).digest('base64');
const policy = [
  "default-src 'none'",
  `script-src 'sha256-${hash}'`,
  "style-src 'unsafe-inline'",
  'img-src data: blob:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

const slots = {
  policy,
  style: await bundle('style/page.css'),
  notices: escaped(await notices()),
  script,
  data: SLOT,
};
const template = await readFile(path.join(here, 'page.html'), 'utf8');
const page = template.replace(/\{\{(\w+)\}\}/g, (_, name) => slots[name]);
if (page.split(SLOT).length !== 2) throw new Error(`the page must hold ${SLOT} exactly once`);
await writeFile(output, page);

const forMake = (file) => file.replaceAll('$', '$$$$').replaceAll('#', '\\#').replaceAll(' ', '\\ ');
await writeFile(`${output}.d`, `${forMake(output)}: ${[...madeOf].map(forMake).join(' ')}\n`);
