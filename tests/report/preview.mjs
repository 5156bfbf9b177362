// A page with made-up measurements, to look at:
//
//   node preview.mjs PAGE OUTPUT [full|sparse|hostile|empty]
import { emptyReport, fullReport, hostileReport, sparseReport } from './fixture.mjs';
import { writePage } from './page.mjs';

const REPORTS = { full: fullReport, sparse: sparseReport, hostile: hostileReport, empty: emptyReport };
const [page, output, name = 'full'] = process.argv.slice(2);
if (!output || !REPORTS[name]) throw new Error(`usage: node preview.mjs PAGE OUTPUT [${Object.keys(REPORTS).join('|')}]`);
writePage(page, REPORTS[name](), output);
