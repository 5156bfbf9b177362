// How environments differ. Fields that are equal everywhere say nothing about a
// difference between figures.
import { UNKNOWN, hertz } from './format.js';

const TITLES = {
  agent_version: 'agent', hostname: 'host', cpu_model: 'processor', cpu_flags: 'instruction sets', usable_cpus: 'usable processors',
  frequency_min_hz: 'clock, lowest allowed', frequency_max_hz: 'clock, highest allowed',
  hardware_frequency_min_hz: 'clock, lowest of the hardware', hardware_frequency_max_hz: 'clock, highest of the hardware',
  smt_active: 'SMT', numa_nodes: 'NUMA nodes', cpu_quota: 'quota of processors', clock_source: 'clock source', power_mode: 'power mode',
  transparent_huge_pages: 'huge pages', openmp: 'OpenMP', libtorch: 'LibTorch', blas: 'BLAS', os: 'system',
};

export const titleOf = (field) => TITLES[field] ?? field.replaceAll('_', ' ');

export function valueText(field, value) {
  if (value === null || value === undefined) return UNKNOWN;
  if (Array.isArray(value)) return value.length > 0 ? value.join(' ') : UNKNOWN;
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (field.endsWith('_hz') && typeof value === 'number') return hertz(value);
  return String(value);
}

// {differing, same}: names of fields, in the order in which they are first met.
export function compareEnvironments(environments) {
  const fields = [...new Set(environments.flatMap((environment) => Object.keys(environment)))].filter((field) => field !== 'device');
  const differs = (field) => new Set(environments.map((environment) => valueText(field, environment[field]))).size > 1;
  return { differing: fields.filter(differs), same: fields.filter((field) => !differs(field)) };
}
