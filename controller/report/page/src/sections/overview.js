// What this report is about, and what it says, in the program's own sentences.
import { sentencesShown } from '../filters.js';
import { clipped, h } from '../dom.js';
import { plural } from '../format.js';
import { section } from '../section.js';

const KINDS = {
  fastest: 'Fastest',
  smallest: 'Smallest',
  trade_off: 'Trade-off',
  energy: 'Energy',
  failure: 'Failed',
  caution: 'Caution',
};

const list = (sentences) => h('ul', {}, sentences.map((sentence) => h('li', {}, clipped(sentence))));

// "2026-11-26 22:50 UTC"
const readableTime = (time) => time.replace(/T(\d\d:\d\d).*$/, ' $1 UTC');

export function pageHeader(report) {
  const { title, generated_time: made, edgebench_version: version, selection, omitted } = report;
  return h('div', { class: 'about' },
    h('h1', { title }, title),
    h('p', { class: 'made' }, 'Made ', h('time', { datetime: made }, readableTime(made)), ` by edgebench ${version}`),
    selection.length > 0 ? h('div', { class: 'selection' }, h('p', {}, 'Chosen for this report:'), list(selection)) : h('p', {}, 'All stored measurements.'),
    omitted.length > 0 ? h('div', { class: 'omitted' }, h('p', {}, 'Left out to keep the page small:'), list(omitted)) : null);
}

export function summarySection() {
  const self = section('summary', 'Summary');
  return {
    ...self,
    update({ report, hidden }) {
      const sentences = sentencesShown(report, hidden);
      if (report.summary.length === 0) return self.say('Nothing stands out.');
      if (sentences.length === 0) return self.say('No sentence of the summary speaks only of what the filters show.');
      self.say(null);
      const items = sentences.map(({ kind, text }) =>
        h('li', { class: `kind-${kind}` }, h('span', { class: 'kind' }, KINDS[kind] ?? kind), clipped(text, 'span', { class: 'sentence' })));
      const gone = report.summary.length - sentences.length;
      self.body.replaceChildren(
        h('ul', { class: 'sentences' }, items),
        ...(gone > 0 ? [h('p', { class: 'aside' }, `${plural(gone, 'sentence')} about what the filters hide ${gone === 1 ? 'is' : 'are'} not shown.`)] : []));
    },
  };
}
