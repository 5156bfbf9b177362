// What to say beside a figure: whether to believe it, and whether it can be set
// against fp32. The words are those of the command line.
import { isKnown, ratio, ratioInterval } from './format.js';

const CAUTION = 'unconverged';
// They say that a figure is wide or still moved, not what spoiled it.
const SYMPTOMS = [CAUTION, 'unsettled'];
// A difference this small is none that anyone would act on.
const NEARLY_ONE = [0.9, 1.1];

const codeOf = (reason) => reason.split(':', 1)[0].trim();

export function changedNothing(measurement) {
  const { coverage, precision } = measurement;
  if (!coverage || precision === 'fp32' || precision === 'as-stored') return false;
  return coverage.unchanged === true || (coverage.total_ops > 0 && coverage.covered_ops === 0);
}

// What computes in fp32 may be stored in half precision, and then is much smaller than fp32.
const storesNarrow = ({ model_bytes: bytes, model_bytes_fp32: whole }) => bytes > 0 && bytes < 0.75 * whole;

// {text, grade, detail}; grade: ok | caution | invalid | failed | unknown.
export function verdictOf(measurement) {
  const { outcome, stage, message, validity } = measurement;
  if (outcome !== 'ok') {
    return { text: stage ? `${outcome} in ${stage}` : outcome, grade: 'failed', detail: message ?? '' };
  }
  const reasons = validity?.reasons ?? [];
  const detail = reasons.join('; ');
  if (changedNothing(measurement)) {
    return { text: storesNarrow(measurement) ? 'ran as fp32' : 'changed nothing', grade: 'caution', detail: detail || 'what ran is the fp32 model' };
  }
  if (!validity) return { text: 'not judged', grade: 'unknown', detail: '' };
  const codes = reasons.map(codeOf);
  if (validity.valid && codes.length === 0) {
    return measurement.trial ? { text: 'trial', grade: 'caution', detail: 'only tried, by run --quick' } : { text: 'ok', grade: 'ok', detail: '' };
  }
  if (codes.length > 0 && codes.every((code) => code === CAUTION)) {
    return { text: CAUTION, grade: 'caution', detail };
  }
  const cause = codes.find((code) => !SYMPTOMS.includes(code)) ?? codes.find((code) => code !== CAUTION);
  return { text: cause ? `invalid: ${cause}` : 'invalid', grade: 'invalid', detail };
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
