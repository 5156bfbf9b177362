// Lines of measurements that differ in one setting only.
import { groupBy, modelKey, settingKey } from './settings.js';

export const AXES = [
  { key: 'batch', title: 'batch', all: 'batches' },
  { key: 'image_size', title: 'image size', all: 'image sizes', unit: 'pixels of a side' },
  { key: 'seq_len', title: 'sequence length', all: 'sequence lengths', unit: 'elements' },
  { key: 'frames', title: 'frames', all: 'numbers of frames', unit: 'frames of 10 ms' },
  { key: 'threads', title: 'threads', all: 'numbers of threads' },
];

const ASKED = ['device', 'model', 'weights', 'precision', 'target', 'scenario', 'variant', 'ctc_weight'];
// Known only once the job has come so far: of one that failed they may be missing, and it
// belongs to the line all the same.
const FOUND_OUT = ['engine', 'threads', 'optimize'];

const keyOf = (measurement, keys) => JSON.stringify(keys.map((key) => measurement[key]));

function split(group, found) {
  const complete = group.filter((m) => m.outcome === 'ok');
  const failed = group.filter((m) => m.outcome !== 'ok');
  const lines = [...groupBy(complete, (m) => keyOf(m, found)).values()];
  if (lines.length === 0) return [failed];
  const fits = (m, line) => found.every((key) => m[key] === null || m[key] === line[0][key]);
  return lines.map((line) => [...line, ...failed.filter((m) => fits(m, line))]);
}

// {measurements (by the axis), values, peak}: those with at least two values on the axis.
export function seriesAlong(axis, measurements) {
  const asked = [...ASKED, ...AXES.map(({ key }) => key).filter((key) => key !== axis && key !== 'threads')];
  const found = FOUND_OUT.filter((key) => key !== axis);
  const groups = [...groupBy(measurements.filter((m) => m[axis] !== null), (m) => keyOf(m, asked)).values()];
  return groups
    .flatMap((group) => split(group, found))
    .map((line) => ({
      measurements: line.sort((a, b) => a[axis] - b[axis]),
      values: [...new Set(line.map((m) => m[axis]))],
      peak: Math.max(0, ...line.map((m) => m.latency_ns?.median ?? 0)),
    }))
    .filter(({ values }) => values.length > 1);
}

// Of each model the lines at the setting of all else at which most of it was measured: those of
// several settings look alike. {usual, others}
export function atUsualSettingOfAllElse(axis, series) {
  const usual = [];
  for (const lines of groupBy(series, ({ measurements: [m] }) => modelKey(m)).values()) {
    const bySetting = [...groupBy(lines, ({ measurements: [m] }) => settingKey({ ...m, [axis]: null })).values()];
    const countOf = (group) => group.reduce((sum, { measurements }) => sum + measurements.length, 0);
    usual.push(...bySetting.reduce((best, group) => (countOf(group) > countOf(best) ? group : best)));
  }
  return { usual, others: series.filter((one) => !usual.includes(one)) };
}

export const axesOf = (measurements) => AXES.filter(({ key }) => seriesAlong(key, measurements).some(({ peak }) => peak > 0));
