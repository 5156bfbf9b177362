// What to say beside a figure: whether to believe it, and whether it can be set
// against fp32. The words are those of the command line.
import { isKnown, ratio, ratioInterval } from './format.js';

const CAUTION = 'unconverged';
// A difference this small is none that anyone would act on.
const NEARLY_ONE = [0.9, 1.1];

const codeOf = (reason) => reason.split(':', 1)[0].trim();

// Verdicts that take nothing from the number, and what they mean where no reasons are told.
const CAUTIONS = {
  [CAUTION]: '',
  'changed nothing': 'what ran is the fp32 model',
  'ran as fp32': 'the weights are stored in this precision, and computed with in fp32',
  trial: 'only tried, by run --quick',
};

// {text, grade, detail}; grade: ok | caution | invalid | failed | unknown.
export function verdictOf({ verdict, outcome, message, validity }) {
  if (outcome !== 'ok') return { text: verdict, grade: 'failed', detail: message ?? '' };
  const detail = (validity?.reasons ?? []).join('; ');
  if (Object.hasOwn(CAUTIONS, verdict)) return { text: verdict, grade: 'caution', detail: detail || CAUTIONS[verdict] };
  if (!validity) return { text: 'not judged', grade: 'unknown', detail: '' };
  return { text: verdict, grade: verdict === 'ok' ? 'ok' : 'invalid', detail };
}

// A figure that may be drawn among others and judged by them. That its precision changed
// nothing does not make one that something spoiled a good one.
export function isTrusted({ outcome, validity }) {
  const codes = (validity?.reasons ?? []).map(codeOf);
  if (outcome !== 'ok' || (validity && !validity.valid && codes.length === 0)) return false;
  return codes.every((code) => code === CAUTION);
}

const MARKED = /^(?:the baseline|this measurement) is marked (.+)$/;

// In few words: "marked throttled, unsettled; measured in one process".
export function doubtsText(doubts) {
  const marks = new Set(doubts.flatMap((doubt) => MARKED.exec(doubt)?.[1].split(', ') ?? []));
  const others = doubts.filter((doubt) => !MARKED.test(doubt)).map((doubt) => doubt.replace(/^(measured in one process).*$/, '$1'));
  return [...(marks.size > 0 ? [`marked ${[...marks].join(', ')}`] : []), ...others].join('; ');
}

// {text, interval, note, detail, grade}: the speed-up against fp32, in words;
// null for a baseline and where there is nothing to compare with.
export function speedUpOf(measurement) {
  const versus = measurement.versus_fp32;
  if (!versus) return null;
  if (versus.not_comparable.length > 0) {
    return { text: 'not comparable', interval: '', note: versus.not_comparable.join('; '), grade: 'refused' };
  }
  if (!isKnown(versus.ratio)) return { text: 'speed-up unknown', interval: '', note: '', grade: 'doubtful' };
  const { low, high } = versus;
  const known = isKnown(low) && isKnown(high);
  const interval = known ? ratioInterval(versus.ratio, low, high) : '';
  const figure = ratio(versus.ratio, low, high);
  if (!known || versus.doubts.length > 0) {
    const note = versus.doubts.length > 0 ? `in doubt: ${doubtsText(versus.doubts)}` : 'no interval';
    return { text: `${figure}?`, interval, note, detail: versus.doubts.length > 0 ? `in doubt: ${versus.doubts.join('; ')}` : '', grade: 'doubtful' };
  }
  if (versus.resolved) return { text: figure, interval, note: '', grade: versus.ratio > 1 ? 'faster' : 'slower' };
  const nearlyOne = low >= NEARLY_ONE[0] && high <= NEARLY_ONE[1];
  return { text: nearlyOne ? '≈ 1×' : figure, interval, note: 'no difference resolved', grade: 'unresolved' };
}
