// The page with a report in it, as the program writes it.
import { readFileSync, writeFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';

const SLOT = '@EDGEBENCH_REPORT_DATA@';

export function filledPage(template, report) {
  const data = deflateSync(Buffer.from(JSON.stringify(report), 'utf8'), { level: 9 }).toString('base64');
  return template.replace(SLOT, () => data);
}

export function writePage(templatePath, report, outputPath) {
  const page = filledPage(readFileSync(templatePath, 'utf8'), report);
  writeFileSync(outputPath, page);
  return Buffer.byteLength(page);
}
