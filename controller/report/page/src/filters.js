// Which measurements the reader wants to see. A filter holds what is hidden, not
// what is shown, so that the state of an untouched page is empty.
import { valuesOf } from './settings.js';

// `always`: shown with a single value too, as it says what the report is about.
const FACETS = [
  { key: 'device', title: 'Devices', always: true },
  { key: 'model', title: 'Models', always: true },
  { key: 'precision', title: 'Precisions', always: true },
  { key: 'batch', title: 'Batch' },
  { key: 'image_size', title: 'Image size' },
  { key: 'seq_len', title: 'Sequence length' },
  { key: 'frames', title: 'Frames' },
  { key: 'threads', title: 'Threads' },
  { key: 'target', title: 'Target' },
  { key: 'scenario', title: 'Scenario' },
];

export const FACET_KEYS = FACETS.map(({ key }) => key);

// In the order of the report. A measurement without a value (a model that has no image size)
// is not for this facet to hide, and gives no choice.
export function facetsOf(measurements) {
  return FACETS.map((facet) => ({ ...facet, values: valuesOf(measurements, facet.key) })).filter(({ values, always }) => values.length > 1 || (always && values.length > 0));
}

export const isHidden = (hidden, key, value) => hidden.get(key)?.has(String(value)) ?? false;

export function isShown(hidden, measurement) {
  return FACET_KEYS.every((key) => measurement[key] === null || !isHidden(hidden, key, measurement[key]));
}

export function withHidden(hidden, key, value, hide) {
  const values = new Set(hidden.get(key) ?? []);
  if (hide) values.add(String(value));
  else values.delete(String(value));
  const next = new Map(hidden);
  if (values.size > 0) next.set(key, values);
  else next.delete(key);
  return next;
}

// A claim about what was compared holds only of all that it rests on; a failure or
// a caution stays true of what is left.
const CLAIMS = ['fastest', 'smallest', 'trade_off', 'energy'];

// A sentence speaks of the devices, models and precisions that it names, and of those
// of the measurements that it rests on.
function speaksOfHidden(sentence, hidden, measurements) {
  const subjects = [sentence, ...sentence.measurements.map((id) => measurements[id])];
  return subjects.some((subject) => ['device', 'model', 'precision'].some((key) => subject[key] !== null && isHidden(hidden, key, subject[key])));
}

export function sentencesShown({ summary, measurements }, hidden) {
  return summary.filter((sentence) => {
    if (speaksOfHidden(sentence, hidden, measurements)) return false;
    const restsOn = sentence.measurements.map((id) => measurements[id]);
    const shown = restsOn.filter((measurement) => isShown(hidden, measurement)).length;
    return CLAIMS.includes(sentence.kind) ? shown === restsOn.length : shown > 0 || restsOn.length === 0;
  });
}

export function rooflinesShown(rooflines, hidden) {
  return rooflines
    .filter(({ device }) => !isHidden(hidden, 'device', device))
    .map((roofline) => ({
      ...roofline,
      models: roofline.models.filter(
        ({ model, precision }) => !isHidden(hidden, 'model', model) && !isHidden(hidden, 'precision', precision),
      ),
    }));
}
