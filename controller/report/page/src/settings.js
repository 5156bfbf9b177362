// What a measurement was made at: how its settings read, which of them tell two
// measurements apart, and which setting of a model is the usual one.

const FIELDS = [
  { key: 'batch', text: (value) => `batch ${value}` },
  { key: 'image_size', text: (value) => `image ${value}` },
  { key: 'seq_len', text: (value) => `sequence ${value}` },
  { key: 'frames', text: (value) => `${value} frames` },
  { key: 'ctc_weight', text: (value) => `CTC weight ${value}` },
  { key: 'scenario', text: (value) => (value === 'cold' ? 'cold start' : value), usual: 'steady' },
];

// Beside device, model and precision; in the order in which they are named.
const DISTINGUISHING = [
  ...FIELDS,
  { key: 'weights', text: (value) => `weights ${value}`, none: 'random weights' },
  { key: 'target', text: (value) => value },
  { key: 'engine', text: (value) => value },
  { key: 'threads', text: (value) => (value === 1 ? '1 thread' : `${value} threads`) },
  { key: 'optimize', text: (value) => `optimize ${value}`, onlyUnusual: true },
  { key: 'variant', text: (value) => value },
];

const isSet = (value) => value !== null && value !== undefined;

const keyOf = (measurement, keys) => JSON.stringify(keys.map((key) => measurement[key] ?? null));

export function groupBy(items, keyOfItem) {
  const groups = new Map();
  for (const item of items) {
    const key = keyOfItem(item);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(item);
  }
  return groups;
}

// Those of half precision beside fp32, then what int8 makes of it.
const PRECISIONS = ['fp32', 'fp16', 'bf16', 'int8-dynamic', 'int8-static', 'int8-weight-only', 'int8-qat', 'as-stored'];

const placeOfPrecision = (value) => (PRECISIONS.includes(value) ? PRECISIONS.indexOf(value) : PRECISIONS.length);

const ORDERS = {
  precision: (a, b) => placeOfPrecision(a) - placeOfPrecision(b),
  device: (a, b) => (a < b ? -1 : Number(a > b)),
};

// What these measurements have, each value once, in the order of the report: which of them
// comes first must not hang on which others a filter leaves.
export function valuesOf(measurements, key) {
  const values = [...new Set(measurements.map((m) => m[key]))].filter(isSet);
  if (values.every((value) => typeof value === 'number')) return values.sort((a, b) => a - b);
  return ORDERS[key] ? values.sort(ORDERS[key]) : values;
}

export const settingKey = (measurement) => keyOf(measurement, FIELDS.map(({ key }) => key));
export const modelKey = (measurement) => keyOf(measurement, ['model', 'weights']);

// "batch 1, image 224"
export function settingText(measurement) {
  return FIELDS.filter(({ key, usual }) => isSet(measurement[key]) && measurement[key] !== usual)
    .map(({ key, text }) => text(measurement[key]))
    .join(', ');
}

function mostFrequent(values) {
  const groups = [...groupBy(values.filter(isSet), (value) => value).values()];
  return groups.reduce((best, group) => (group.length > best.length ? group : best))[0];
}

// What takes several values among the measurements of one device and model. That fp32
// has no engine and int8 has one tells nothing apart.
function varying(group) {
  return DISTINGUISHING.filter(({ key, none }) => {
    const values = new Set(group.map((m) => m[key] ?? null));
    if (!none) values.delete(null);
    return values.size > 1;
  }).map((field) => (field.onlyUnusual ? { ...field, usual: mostFrequent(group.map((m) => m[field.key])) } : field));
}

// A function that names each of these measurements so that no two that differ are
// named alike, with no more words than that takes. What the reader knows from
// elsewhere (a heading, an axis) is left out.
export function labeller(measurements, leaveOut = []) {
  const shown = ['device', 'model', 'precision'].filter((key) => !leaveOut.includes(key));
  const extras = new Map();
  for (const [key, group] of groupBy(measurements, (m) => keyOf(m, ['device', 'model']))) {
    extras.set(key, varying(group));
  }
  return (measurement) => {
    const words = shown.map((key) => measurement[key]);
    for (const { key, text, none, onlyUnusual, usual } of extras.get(keyOf(measurement, ['device', 'model'])) ?? []) {
      if (leaveOut.includes(key)) continue;
      const value = measurement[key];
      if (onlyUnusual && value === usual) continue;
      if (isSet(value)) words.push(text(value));
      else if (none) words.push(none);
    }
    return words.join(' · ');
  };
}

// Of each model the measurements at its usual setting: the one at which most of them
// were made; of equals the one that comes first, so that the answer does not wander.
export function atUsualSettings(measurements) {
  const kept = [];
  for (const group of groupBy(measurements, modelKey).values()) {
    const settings = [...groupBy(group, settingKey).values()];
    kept.push(...settings.reduce((best, setting) => (setting.length > best.length ? setting : best)));
  }
  return kept;
}
