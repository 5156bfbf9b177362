// Reports as the program would write them, made up and the same every time: three
// devices, five models, sweeps, failures, and whatever can be unknown unknown somewhere.

// Mulberry32: small, and good enough to make figures look measured.
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const DEVICES = [
  { name: 'pi4', slow: 9, threads: 4, engine: 'qnnpack', noise: 0.02, celsius: 58, hz: 1.8e9 },
  { name: 'nano', slow: 6.5, threads: 4, engine: 'qnnpack', noise: 0.012, celsius: 45, hz: 1.479e9 },
  { name: 'xeon', slow: 1, threads: 8, engine: 'onednn', noise: 0.006, celsius: null, hz: null },
];

const MODELS = [
  { name: 'mobilenet_v2', ms: 6, megabytes: 14.2, parameters: 3504872, flops: 300774272, operators: 53, image: 224, batches: [1, 2, 4, 8, 16], images: [128, 160, 224, 320] },
  { name: 'resnet18', ms: 22, megabytes: 46.8, parameters: 11689512, flops: 1814073344, operators: 21, image: 224, batches: [1, 4, 16], images: [] },
  { name: 'distilbert_base', ms: 48, megabytes: 265.5, parameters: 66362880, flops: 5.4e9, operators: 38, sequence: 128, sequences: [32, 64, 128, 256, 512], batches: [] },
  { name: 'longformer_base', ms: 2600, megabytes: 594.7, parameters: 148659456, flops: 113.59e9, operators: 97, sequence: 1024, sequences: [1024, 2048, 4096], batches: [] },
  { name: 'asr_transformer_encoder', ms: 31, megabytes: 88.4, parameters: 22100000, flops: 2.2e9, operators: 74, frames: 400, frameCounts: [100, 200, 400, 800], batches: [] },
];

const PRECISIONS = {
  fp32: { faster: 1, smaller: 1 },
  'int8-static': { faster: 2.4, smaller: 0.27, sqnr: 24, vision: true },
  'int8-dynamic': { faster: 1.45, smaller: 0.44, sqnr: 31 },
  bf16: { faster: 0.98, smaller: 0.5, sqnr: 44, only: 'xeon' },
};

const environmentOf = (device) => ({
  device: device.name,
  agent_version: '0.1.0',
  hostname: device.name,
  architecture: device.name === 'xeon' ? 'x86_64' : 'aarch64',
  cpu_model: { pi4: 'ARM Cortex-A72', nano: 'ARM Cortex-A57', xeon: 'Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz' }[device.name],
  kernel: { pi4: '6.1.21-v8+', nano: '4.9.253-tegra', xeon: '6.1.0-13-amd64' }[device.name],
  os: 'Debian GNU/Linux 12 (bookworm)',
  governor: device.hz ? 'performance' : null,
  libtorch: '1.13.1',
  blas: 'openblas 0.3.21 openmp',
  cpu_flags: device.name === 'xeon' ? ['avx2', 'avx512f', 'avx512_vnni', 'fma'] : ['asimd', 'fp'],
  usable_cpus: device.name === 'xeon' ? '0-7' : '0-3',
  frequency_min_hz: device.hz ? 6e8 : null,
  frequency_max_hz: device.hz,
  hardware_frequency_min_hz: device.hz ? 6e8 : null,
  hardware_frequency_max_hz: device.hz,
  turbo: device.hz ? false : null,
  smt_active: device.name === 'xeon' ? true : null,
  numa_nodes: 1,
  virtualization: device.name === 'xeon' ? 'kvm' : 'none',
  container: 'none',
  cpu_quota: null,
  clock_source: device.name === 'xeon' ? 'kvm-clock' : 'arch_sys_counter',
  power_mode: device.name === 'nano' ? 'MAXN' : null,
  transparent_huge_pages: 'madvise',
  openmp: [],
});

function distributionOf(median, noise, random, samples) {
  const bins = 36;
  const [low, high] = [median * (1 - 2.2 * noise), median * (1 + 4 * noise)];
  const edges_ns = Array.from({ length: bins + 1 }, (_, i) => Math.round(low + ((high - low) * i) / bins));
  const centre = (bins * 2.2) / 6.2;
  const weights = Array.from({ length: bins }, (_, i) => {
    const z = (i + 0.5 - centre) / (i + 0.5 < centre ? 3.2 : 5.5);
    return Math.exp(-0.5 * z * z) * (0.8 + 0.4 * random());
  });
  const sum = weights.reduce((a, b) => a + b, 0);
  const counts = weights.map((weight) => Math.round((samples * weight) / sum));
  const processes = [-0.6, 0.1, 0.5].map((shift) => ({
    median: median * (1 + shift * noise), ci95_low: median * (1 + (shift - 0.3) * noise), ci95_high: median * (1 + (shift + 0.3) * noise), samples: Math.round(samples / 3),
  }));
  return { edges_ns, counts, beyond: samples > 100 ? 3 : 0, processes };
}

function courseOf(device, random, throttled) {
  const rows = 60;
  const offsets_s = Array.from({ length: rows }, (_, i) => Number((i * 0.1).toFixed(1)));
  const series = (valueAt) => offsets_s.map((_, i) => (i === 17 ? null : valueAt(i)));
  const channels = [];
  if (device.hz) {
    const drop = (i) => (throttled && i > 35 ? 0.66 : 1);
    channels.push({ name: 'clock max', unit: 'Hz', values: series((i) => device.hz * drop(i)) });
    channels.push({ name: 'clock min', unit: 'Hz', values: series((i) => device.hz * drop(i) * (0.75 + 0.2 * random())) });
    channels.push({ name: 'temperature', unit: 'degC', values: series((i) => Number((device.celsius + (throttled ? 0.4 : 0.12) * i + random()).toFixed(1))) });
  }
  if (device.name === 'nano') channels.push({ name: 'power', unit: 'W', values: series(() => Number((5.4 + random()).toFixed(2))) });
  channels.push({ name: 'cpu worker', unit: 'cores', values: series(() => Number((device.threads * (0.9 + 0.1 * random())).toFixed(2))) });
  channels.push({ name: 'memory available', unit: 'bytes', values: series((i) => 2.1e9 - i * 1e6) });
  return { offsets_s, measure_start_s: 1.8, channels };
}

function parityOf(precision, random) {
  const { sqnr } = PRECISIONS[precision];
  if (sqnr === undefined) return null;
  return {
    sqnr_db: Number((sqnr + 4 * random()).toFixed(3)), cosine: Number((1 - 0.002 * random()).toFixed(5)),
    top1_agreement: Number((0.97 + 0.03 * random()).toFixed(4)), top1_rows: 64, bit_identical: false, random_weights: false, source: '2 of the 8 batches of photos, held out',
  };
}

function coverageOf(model, precision) {
  if (precision === 'fp32') return null;
  const dynamic = precision === 'int8-dynamic';
  const linear = dynamic && model.image ? 1 : model.operators;
  const covered = model.name === 'longformer_base' ? linear - 12 : linear;
  const skipped = [];
  if (dynamic && model.image) skipped.push({ kind: 'conv2d', reason: 'int8-dynamic covers Linear only', count: model.operators - 1 });
  if (model.name === 'longformer_base') skipped.push({ kind: 'matmul', reason: 'no kernel for a product of two activations', count: 12 });
  return { covered_ops: covered, total_ops: model.operators, int8_ops: precision === 'bf16' ? 0 : covered, unchanged: false, skipped };
}

function energyOf(device, median, random) {
  if (device.name !== 'nano') return null;
  const joules = (median / 1e9) * (4.2 + 0.4 * random());
  return { joules_per_inference: joules, joules_per_inference_low: joules * 0.96, joules_per_inference_high: joules * 1.05, source: 'ina3221:VDD_IN', mean_watts: 5.9 };
}

const NO_ENERGY = { pi4: 'the device has no sensor of power that the agent knows', xeon: 'a virtual machine has no RAPL' };

class Maker {
  constructor(seed) {
    this.random = generator(seed);
    this.measurements = [];
  }

  // How long it takes, before noise; longformer in int8 gains little.
  medianOf({ device, model, precision, batch, image, sequence, frames }) {
    let ms = (model.ms * device.slow) / (model.name === 'longformer_base' ? Math.min(PRECISIONS[precision].faster, 1.1) : PRECISIONS[precision].faster);
    ms *= (0.35 + 0.65 * batch) * (0.97 + 0.06 * this.random());
    if (image) ms *= (image / 224) ** 1.9;
    if (sequence) ms *= (sequence / model.sequence) ** 1.15;
    if (frames) ms *= (frames / model.frames) ** 1.1;
    return ms * 1e6;
  }

  base({ device, model, precision, batch, image, sequence, frames }) {
    const spec = PRECISIONS[precision];
    return {
      id: this.measurements.length,
      device: device.name, model: model.name, weights: null, precision,
      engine: precision.startsWith('int8') ? device.engine : null,
      target: 'cpu', threads: device.threads, batch,
      image_size: image ?? null, seq_len: sequence ?? null, frames: frames ?? null,
      ctc_weight: null, optimize: 'full', scenario: 'steady', run_id: '9c1de1f0-0000-4000-8000-000000000002',
      stored_time: new Date(Date.UTC(2026, 10, 26, 20, this.measurements.length)).toISOString(),
      trial: false, outcome: 'ok', stage: 'measure', message: null, verdict: 'ok', variant: null,
      latency_ns: null, real_time_factor: null, cold: null, throughput: null, server: null,
      model_bytes: Math.round(model.megabytes * 1e6 * spec.smaller), model_bytes_fp32: Math.round(model.megabytes * 1e6),
      parameters: precision === 'fp32' ? model.parameters : null, flops: Math.round(model.flops * batch),
      peak_rss_bytes: null, model_memory_bytes: null,
      energy: null, energy_reason: null, parity: null, coverage: null, validity: null, versus_fp32: null,
      distribution: null, course: null, conditions: null, notes: [], environment: DEVICES.indexOf(device),
    };
  }

  measure(cell) {
    const { device, model, precision, batch } = cell;
    const { random } = this;
    const measurement = this.base(cell);
    const median = this.medianOf(cell);
    const noise = device.noise * (0.6 + random());
    const samples = median > 5e8 ? 16 : 180 + Math.round(400 * random());
    measurement.latency_ns = {
      median, mean: median * 1.01, stddev: median * noise * 2, p90: samples >= 64 ? median * (1 + 2 * noise) : null, p99: samples >= 662 ? median * 1.1 : null,
      min: median * (1 - noise), ci95_low: median * (1 - noise), ci95_high: median * (1 + noise * 1.1), samples, processes: 3,
    };
    measurement.model_memory_bytes = Math.round(measurement.model_bytes * 1.3 + 12e6 * batch);
    measurement.peak_rss_bytes = 171000000 + measurement.model_memory_bytes;
    measurement.energy = energyOf(device, median, random);
    measurement.energy_reason = measurement.energy ? null : NO_ENERGY[device.name];
    measurement.parity = parityOf(precision, random);
    measurement.coverage = coverageOf(model, precision);
    measurement.validity = { valid: true, reasons: [] };
    measurement.distribution = distributionOf(median, noise * 2, random, samples);
    measurement.conditions = { temperature_before: device.celsius, temperature_after: device.celsius && device.celsius + 6, others_cores: 0.02, stolen_cores: device.name === 'xeon' ? 0 : null };
    if (model.frames) measurement.real_time_factor = median / (cell.frames * 10e6 * batch);
    if (precision.startsWith('int8')) measurement.notes.push('calibrated with 64 images of photos, min and max of each channel');
    this.measurements.push(measurement);
    return measurement;
  }

  fail(cell, outcome, stage, message) {
    const measurement = { ...this.base(cell), outcome, stage, message, verdict: `${outcome} in ${stage}` };
    // As the program stores them: what the job did not come to is unknown.
    if (stage !== 'measure') Object.assign(measurement, { threads: null, engine: null, optimize: null, model_bytes: null, flops: null, parameters: null });
    measurement.peak_rss_bytes = outcome === 'oom' ? 3.6e9 : null;
    this.measurements.push(measurement);
    return measurement;
  }
}

function cellsOf(device, model, precision) {
  const usual = { device, model, precision, batch: 1, image: model.image, sequence: model.sequence, frames: model.frames };
  const cells = [usual];
  if (precision === 'bf16') return cells;
  for (const batch of model.batches) if (batch !== 1) cells.push({ ...usual, batch });
  if (precision === 'int8-dynamic' && model.image) return [usual];
  for (const image of model.images ?? []) if (image !== model.image) cells.push({ ...usual, image });
  for (const sequence of model.sequences ?? []) if (sequence !== model.sequence) cells.push({ ...usual, sequence });
  for (const frames of model.frameCounts ?? []) if (frames !== model.frames) cells.push({ ...usual, frames });
  return cells;
}

const isTooLarge = ({ device, model, batch, sequence }) =>
  device.name !== 'xeon' && ((model.name === 'resnet18' && batch >= 16 && device.name === 'pi4') || (model.name === 'longformer_base' && sequence >= 4096) || (model.name === 'mobilenet_v2' && batch >= 16 && device.name === 'nano'));

function measureOtherScenarios(maker) {
  const cell = { device: DEVICES[2], model: MODELS[0], precision: 'fp32', batch: 1, image: 224 };
  const cold = maker.measure(cell);
  Object.assign(cold, { scenario: 'cold', distribution: null, cold: { start_ns: 412e6, load_ns: 88e6, first_ns: cold.latency_ns.median, second_ns: 6.4e6 } });
  Object.assign(maker.measure(cell), { scenario: 'throughput', latency_ns: null, distribution: null, throughput: { streams: 4, inferences: 5210, window_ns: 9e9, per_second: 578.9, per_second_low: 571, per_second_high: 586.8 } });
  Object.assign(maker.measure(cell), {
    scenario: 'server', latency_ns: null, distribution: null,
    server: { latency_bound_ns: 50e6, streams: 4, rate_per_second: null, failing_rate_per_second: 12, trials: [{ rate_per_second: 12, queries: 662, overruns: 9, held: false, median_ns: 31e6, p99_ns: 91e6 }] },
  });
}

const sameCell = (a, b) => ['device', 'model', 'batch', 'image_size', 'seq_len', 'frames', 'scenario'].every((key) => a[key] === b[key]);

function compareWithFp32(measurements) {
  for (const m of measurements) {
    if (m.precision === 'fp32' || !m.latency_ns) continue;
    const baseline = measurements.find((other) => other.precision === 'fp32' && other.latency_ns && sameCell(other, m));
    if (!baseline) continue;
    const ratio = baseline.latency_ns.median / m.latency_ns.median;
    const half = ratio * (m.device === 'pi4' ? 0.05 : 0.03);
    const [low, high] = [ratio - half, ratio + half];
    m.versus_fp32 = { baseline: baseline.id, ratio, low, high, confidence: 0.975, resolved: low > 1 || high < 1, doubts: [], not_comparable: [] };
  }
}

function rooflineOf(device, random) {
  const scale = 1 / device.slow;
  const peaks = [1, device.threads].flatMap((threads) => [
    { quantity: 'fp32', threads, per_second: 6e10 * scale * threads, min: 5e10 * scale * threads, max: 6.4e10 * scale * threads, samples: 5, workload: 'matmul 1024x1024x1024' },
    { quantity: 'int8', threads, per_second: 2e11 * scale * threads, min: 1.8e11 * scale * threads, max: 2.1e11 * scale * threads, samples: 5, workload: 'quantized linear 512x512x512' },
    { quantity: 'bandwidth', threads, per_second: 1.2e10 * scale * Math.min(threads, 3), min: 1e10 * scale, max: 1.3e10 * scale, samples: 5, workload: 'triad of 3 arrays of 256 MB' },
  ]);
  const bandwidth = 1.2e10 * scale * Math.min(device.threads, 3);
  const operator = (precision, i) => {
    const peak = 2 * (precision === 'fp32' ? 6e10 : 2e11) * scale * device.threads;
    const intensity = i % 7 === 6 ? null : 10 ** (-0.5 + 3 * random());
    const bound = intensity === null ? null : Math.min(peak, intensity * bandwidth);
    const reached = bound === null ? null : bound * (0.15 + 0.75 * random());
    return {
      name: `features.${i}.0`, kind: intensity === null ? 'hardswish' : 'conv2d', precision, time_ns: 1e5 * (1 + 9 * random()) * device.slow, share: 0.005 + 0.08 * random(),
      flops_per_second: reached, bytes_per_second: intensity === null ? bandwidth * 0.4 : reached / intensity, intensity,
      bound_flops_per_second: bound, share_of_bound: intensity === null ? 0.4 : reached / bound, limited_by: intensity === null || bound < peak ? 'memory' : 'compute',
    };
  };
  const models = ['fp32', 'int8-static'].map((precision) => ({
    job_id: `0b52ee53-0000-4000-8000-00000000000${device.threads}`, model: 'mobilenet_v2', precision,
    whole: { name: 'whole model', kind: null, precision, time_ns: 4e6 * device.slow, share: 1, flops_per_second: null, bytes_per_second: null, intensity: null, bound_flops_per_second: null, share_of_bound: null, limited_by: null },
    operators: Array.from({ length: 22 }, (_, i) => operator(precision, i)),
  }));
  return { device: device.name, threads: device.threads, engine: device.engine, peaks, models };
}

function spoilSome(measurements, random) {
  const find = (device, model, precision, more = {}) =>
    measurements.find((m) => m.device === device && m.model === model && m.precision === precision && Object.entries(more).every(([key, value]) => m[key] === value));
  const usual = { batch: 1, image_size: 224 };

  const throttled = find('pi4', 'mobilenet_v2', 'int8-static', usual);
  throttled.verdict = 'invalid: throttled';
  throttled.validity = { valid: false, reasons: ['throttled: the firmware capped the frequency', 'unconverged: interval ±9.9 % after 316 samples'] };
  throttled.versus_fp32.doubts = ['this measurement is marked throttled'];
  throttled.notes.push('the temperature reached 82 °C');
  throttled.course = courseOf(DEVICES[0], random, true);

  find('pi4', 'mobilenet_v2', 'fp32', usual).course = courseOf(DEVICES[0], random, false);
  find('nano', 'mobilenet_v2', 'fp32', usual).course = courseOf(DEVICES[1], random, false);
  find('xeon', 'mobilenet_v2', 'fp32', usual).course = courseOf(DEVICES[2], random, false);

  const wide = find('nano', 'resnet18', 'fp32', { batch: 1 });
  wide.verdict = 'unconverged';
  wide.validity = { valid: false, reasons: ['unconverged: interval ±9.9 % after 16 samples'] };
  Object.assign(wide.latency_ns, { ci95_low: wide.latency_ns.median * 0.9, ci95_high: wide.latency_ns.median * 1.1 });

  const unsettled = find('pi4', 'distilbert_base', 'fp32', { seq_len: 256 });
  unsettled.verdict = 'unsettled';
  unsettled.validity = { valid: false, reasons: ['unsettled: the latency was still changing when the warm-up ended after 7 calls'] };

  const other = find('xeon', 'resnet18', 'int8-static', { batch: 1 });
  Object.assign(other.versus_fp32, { ratio: null, low: null, high: null, resolved: false, not_comparable: ['optimization differs (full, freeze)'] });
  other.optimize = 'freeze';

  const nothing = find('nano', 'mobilenet_v2', 'int8-dynamic');
  const { median: base } = find('nano', 'mobilenet_v2', 'fp32', usual).latency_ns;
  Object.assign(nothing.latency_ns, { median: base * 0.997, mean: base, min: base * 0.98, ci95_low: base * 0.985, ci95_high: base * 1.009 });
  nothing.distribution = distributionOf(base * 0.997, 0.024, random, nothing.latency_ns.samples);
  Object.assign(nothing.versus_fp32, { ratio: 1.003, low: 0.98, high: 1.03, resolved: false });
  nothing.model_bytes = nothing.model_bytes_fp32;
  nothing.verdict = 'changed nothing';
  nothing.coverage = { covered_ops: 0, total_ops: 53, int8_ops: 0, unchanged: true, skipped: [{ kind: 'conv2d', reason: 'int8-dynamic covers Linear only', count: 53 }] };
  nothing.parity = { sqnr_db: null, cosine: null, top1_agreement: null, top1_rows: null, bit_identical: true, random_weights: false, source: null };

  const single = find('xeon', 'distilbert_base', 'int8-dynamic', { seq_len: 512 });
  Object.assign(single.latency_ns, { ci95_low: null, ci95_high: null, stddev: null, samples: 3, processes: 1, p90: null });
  Object.assign(single.versus_fp32, { low: null, high: null, resolved: false, doubts: ['this measurement was made in one process only'] });
  Object.assign(single, { distribution: null, peak_rss_bytes: null, model_memory_bytes: null, conditions: null });
}

const SUMMARY = [
  { kind: 'fastest', text: 'mobilenet_v2 runs fastest on xeon in int8-static.', model: 'mobilenet_v2', device: 'xeon', precision: 'int8-static', of: { device: 'xeon', model: 'mobilenet_v2', precision: 'int8-static', batch: 1, image_size: 224 } },
  { kind: 'smallest', text: 'int8-static makes mobilenet_v2 smallest, to 27 % of fp32.', model: 'mobilenet_v2', device: null, precision: 'int8-static', of: { model: 'mobilenet_v2', precision: 'int8-static', batch: 1, image_size: 224 } },
  { kind: 'trade_off', text: 'On nano, int8-static of resnet18 is faster than fp32 at a parity of about 25 dB.', model: 'resnet18', device: 'nano', precision: 'int8-static', of: { device: 'nano', model: 'resnet18', precision: 'int8-static', batch: 1 } },
  { kind: 'energy', text: 'On nano, an inference of mobilenet_v2 takes the least energy in int8-static.', model: 'mobilenet_v2', device: 'nano', precision: 'int8-static', of: { device: 'nano', model: 'mobilenet_v2', precision: 'int8-static', batch: 1, image_size: 224 } },
  { kind: 'failure', text: 'longformer_base does not fit into the memory of pi4 and nano at a sequence of 4096.', model: 'longformer_base', device: null, precision: null, of: { model: 'longformer_base', outcome: 'oom' } },
  { kind: 'caution', text: 'On pi4, mobilenet_v2 in int8-static was measured while the firmware capped the frequency.', model: 'mobilenet_v2', device: 'pi4', precision: 'int8-static', of: { device: 'pi4', model: 'mobilenet_v2', precision: 'int8-static', batch: 1, image_size: 224 } },
];

const matching = (measurements, of) => measurements.filter((m) => Object.entries(of).every(([key, value]) => m[key] === value)).map(({ id }) => id);

const frame = (more) => ({
  schema_version: 1, title: 'Edge devices, November', generated_time: '2026-11-26T22:50:12Z', edgebench_version: '0.1.0',
  selection: [], omitted: [], summary: [], measurements: [], rooflines: [], environments: [], ...more,
});

export function fullReport() {
  const maker = new Maker(7);
  for (const model of MODELS) {
    for (const [precision, spec] of Object.entries(PRECISIONS)) {
      if (spec.vision && !model.image) continue;
      for (const device of DEVICES) {
        if (spec.only && spec.only !== device.name) continue;
        for (const cell of cellsOf(device, model, precision)) {
          if (isTooLarge(cell)) maker.fail(cell, 'oom', 'warm-up', 'the worker took 3.6 GB, the device has 3.8 GB');
          else maker.measure(cell);
        }
      }
    }
  }
  maker.fail({ device: DEVICES[1], model: MODELS[1], precision: 'bf16', batch: 1, image: 224 }, 'unsupported', 'load', 'bf16 needs instructions that this processor does not have');
  maker.fail({ device: DEVICES[0], model: MODELS[4], precision: 'int8-dynamic', batch: 2, frames: 400 }, 'crash', 'measure', 'the worker ended with SIGILL');
  measureOtherScenarios(maker);
  const { measurements, random } = maker;
  compareWithFp32(measurements);
  spoilSome(measurements, random);
  return frame({
    selection: ['models mobilenet_v2, resnet18, distilbert_base, longformer_base and asr_transformer_encoder', 'devices pi4, nano and xeon'],
    omitted: ['The courses of all but 4 measurements.'],
    summary: SUMMARY.map(({ of, ...sentence }) => ({ ...sentence, measurements: matching(measurements, of) })),
    measurements,
    rooflines: [DEVICES[2], DEVICES[0]].map((device) => rooflineOf(device, random)),
    environments: DEVICES.map(environmentOf),
  });
}

export const emptyReport = () => frame({ title: 'Nothing yet', selection: ['devices that nobody has'] });

// One device, one model, and nothing known but the medians.
export function sparseReport() {
  const maker = new Maker(3);
  for (const precision of ['fp32', 'int8-static']) {
    const m = maker.measure({ device: DEVICES[2], model: MODELS[0], precision, batch: 1, image: 224 });
    Object.assign(m, {
      engine: null, threads: null, optimize: null, model_bytes: null, model_bytes_fp32: null, parameters: null, flops: null, peak_rss_bytes: null, model_memory_bytes: null,
      energy: null, energy_reason: null, parity: null, coverage: null, validity: null, distribution: null, course: null, conditions: null, notes: [],
      latency_ns: { median: m.latency_ns.median, mean: m.latency_ns.mean, stddev: null, p90: null, p99: null, min: m.latency_ns.min, ci95_low: null, ci95_high: null, samples: 1, processes: 1 },
    });
  }
  const environment = Object.fromEntries(Object.keys(environmentOf(DEVICES[2])).map((key) => [key, null]));
  const { measurements } = maker;
  for (const m of measurements) m.environment = 0;
  return frame({ measurements, environments: [{ ...environment, device: 'xeon', cpu_flags: [], openmp: [] }] });
}

// Names and sentences of somebody who would like to run a script, or to break the layout.
export const HOSTILE = {
  script: '</script><script>window.__ran = 1</script>',
  image: '<img src=x onerror="window.__ran = 1">',
  quotes: `"'\`\${window.__ran = 1}{{script}}{a|b}{b}\\`,
  long: `long ${'x'.repeat(4090)}`,
  emoji: '📦 модель 模型 \u202e gnol \u0000\u0007',
};

export function hostileReport() {
  const maker = new Maker(11);
  const names = Object.values(HOSTILE);
  names.forEach((name, i) => {
    const device = { ...DEVICES[i % 3], name: i % 2 === 0 ? names[(i + 1) % names.length] : DEVICES[i % 3].name };
    for (const precision of ['fp32', 'int8-static']) {
      for (const batch of [1, 2]) {
        const m = maker.measure({ device: DEVICES[i % 3], model: MODELS[0], precision, batch, image: 224 });
        Object.assign(m, { device: device.name, model: name, weights: name, variant: i === 2 ? name : null, message: null, notes: names, environment: i });
        m.coverage = { covered_ops: 1, total_ops: 2, int8_ops: 1, unchanged: false, skipped: [{ kind: name, reason: name, count: 1 }] };
        m.course = courseOf(DEVICES[0], maker.random, false);
        m.course.channels[0].name = name;
      }
    }
    maker.fail({ device: DEVICES[i % 3], model: MODELS[0], precision: 'bf16', batch: 1, image: 224 }, 'crash', 'measure', name);
    Object.assign(maker.measurements.at(-1), { device: device.name, model: name, weights: name, environment: i });
  });
  compareWithFp32(maker.measurements);
  const roofline = rooflineOf(DEVICES[0], maker.random);
  Object.assign(roofline, { device: names[1] });
  roofline.models[0].model = names[0];
  roofline.models[0].operators.forEach((operator, i) => Object.assign(operator, { name: names[i % names.length] }));
  return frame({
    title: HOSTILE.script, selection: names, omitted: names,
    summary: names.map((text) => ({ kind: 'caution', text, model: null, device: null, precision: null, measurements: [] })),
    measurements: maker.measurements,
    rooflines: [roofline],
    environments: names.map((name) => ({ ...environmentOf(DEVICES[0]), device: name, hostname: name })),
  });
}
