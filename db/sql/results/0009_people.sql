-- What a person calls a run: a name (of the plan), a note, tags.
ALTER TABLE run ADD COLUMN name TEXT;
ALTER TABLE run ADD COLUMN note TEXT;
-- 1: only to try a plan. Such figures stand only where nothing else was measured.
ALTER TABLE run ADD COLUMN trial INTEGER NOT NULL DEFAULT 0;
-- A plan may have cells of several kinds. NULL: as run.processes says.
ALTER TABLE run_cell ADD COLUMN processes INTEGER;

CREATE TABLE run_tag (
  run_id TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
  tag    TEXT NOT NULL,
  PRIMARY KEY (run_id, tag)
) STRICT, WITHOUT ROWID;

DROP VIEW operators;
DROP VIEW latest_results;
DROP VIEW results;
DROP VIEW samples;

-- The questions that measurements answer, each once: device and settings as asked.
CREATE TABLE cell (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

INSERT INTO cell (name) SELECT DISTINCT cell FROM measurement ORDER BY id;
ALTER TABLE measurement ADD COLUMN cell_id INTEGER REFERENCES cell (id);
UPDATE measurement SET cell_id = (SELECT id FROM cell WHERE name = measurement.cell);
DROP INDEX measurement_by_cell;
ALTER TABLE measurement DROP COLUMN cell;
CREATE INDEX measurement_by_cell ON measurement (cell_id);

-- The processes that measured one cell in one run, put together: the figures that commands show.
-- Derived from measurement and sample_list.
CREATE TABLE cell_result (
  -- The process that the other columns of the views are taken from: the first that ended ok, else
  -- the last one.
  measurement_id  INTEGER PRIMARY KEY REFERENCES measurement (id) ON DELETE CASCADE,
  stored_at       TEXT NOT NULL,         -- of the last process
  ended           INTEGER NOT NULL,      -- processes whose result is stored
  processes       INTEGER NOT NULL,      -- that the figures are from
  samples         INTEGER NOT NULL,
  valid           INTEGER,
  invalid_because TEXT,
  median_ns       REAL,
  mean_ns         REAL,
  stddev_ns       REAL,
  p90_ns          REAL,
  p99_ns          REAL,
  min_ns          INTEGER,
  ci95_low_ns     INTEGER,
  ci95_high_ns    INTEGER,
  peak_rss_bytes  INTEGER,               -- the highest of the processes
  model_memory_bytes          INTEGER,   -- of the model alone
  per_second                  REAL,
  per_second_low              REAL,
  per_second_high             REAL,
  joules_per_inference        REAL,
  joules_per_inference_low    REAL,
  joules_per_inference_high   REAL
) STRICT;

-- Those whose cell_result is to be computed, after this migration or a merge. Empty otherwise.
CREATE TABLE stale_cell (
  run_id  TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
  cell_id INTEGER NOT NULL REFERENCES cell (id) ON DELETE CASCADE,
  PRIMARY KEY (run_id, cell_id)
) STRICT, WITHOUT ROWID;

INSERT INTO stale_cell (run_id, cell_id)
SELECT DISTINCT job.run_id, measurement.cell_id
FROM measurement JOIN job ON job.id = measurement.job_id WHERE measurement.kind = 'benchmark';

-- One row for a measurement: rows of some kilobytes fill pages badly beside small ones.
CREATE TABLE sample_list (
  measurement_id INTEGER PRIMARY KEY REFERENCES measurement (id) ON DELETE CASCADE,
  warm_up_ns     TEXT NOT NULL CHECK (json_valid(warm_up_ns)),
  measured_ns    TEXT NOT NULL CHECK (json_valid(measured_ns))
) STRICT;
INSERT INTO sample_list (measurement_id, warm_up_ns, measured_ns)
SELECT measurement_id, coalesce(max(samples_ns) FILTER (WHERE kind = 'warm_up'), '[]'),
       coalesce(max(samples_ns) FILTER (WHERE kind = 'measured'), '[]')
FROM sample_block GROUP BY measurement_id;
DROP TABLE sample_block;

-- Of these there are few.
DROP INDEX job_by_status;
CREATE INDEX job_pending ON job (status) WHERE status = 'pending';
CREATE INDEX job_unacknowledged ON job (acknowledged) WHERE acknowledged = 0;

-- The name is for the view of people.
ALTER TABLE environment RENAME TO device_environment;

CREATE VIEW results AS
SELECT measurement.id, measurement.stored_at, job.run_id, run.name AS run_name,
       (SELECT group_concat(tag, ' ') FROM run_tag WHERE run_tag.run_id = run.id) AS tags,
       run.note, run.trial, measurement.job_id,
       device.name AS device, measurement.kind, measurement.scenario, measurement.model,
       measurement.precision, measurement.target, measurement.engine, measurement.threads,
       measurement.pin_cpus, measurement.niceness, measurement.huge_pages,
       measurement.streams, measurement.batch,
       measurement.image_size, measurement.seq_len, measurement.frames, measurement.ctc_weight,
       measurement.lm_weight, measurement.beam, measurement.weights, measurement.weights_sha256,
       measurement.optimize, measurement.outcome,
       measurement.message, measurement.valid, measurement.invalid_because,
       measurement.unknown_conditions, measurement.samples,
       measurement.median_ns / 1e6 AS median_ms, measurement.mean_ns / 1e6 AS mean_ms,
       measurement.stddev_ns / 1e6 AS stddev_ms, measurement.min_ns / 1e6 AS min_ms,
       measurement.p90_ns / 1e6 AS p90_ms, measurement.p99_ns / 1e6 AS p99_ms,
       measurement.ci95_low_ns / 1e6 AS ci95_low_ms,
       measurement.ci95_high_ns / 1e6 AS ci95_high_ms,
       measurement.median_ns / measurement.audio_ns AS real_time_factor,
       measurement.per_second, measurement.per_second_low, measurement.per_second_high,
       measurement.latency_bound_ns / 1e6 AS latency_bound_ms,
       measurement.start_ns / 1e6 AS start_ms, measurement.load_ns / 1e6 AS load_ms,
       measurement.second_ns / 1e6 AS second_ms,
       measurement.model_bytes, measurement.fp32_model_bytes, measurement.parameters,
       measurement.flops,
       measurement.peak_rss_bytes, measurement.huge_page_bytes, measurement.sqnr_db, measurement.cosine,
       measurement.top1_agreement, measurement.top1_rows, measurement.int8_ops,
       measurement.covered_ops, measurement.total_ops, measurement.joules_per_inference,
       measurement.joules_per_inference_low, measurement.joules_per_inference_high,
       measurement.mean_watts, measurement.idle_watts, measurement.energy_source,
       measurement.cpu_others, measurement.cpu_stolen,
       measurement.celsius_before, measurement.celsius_after,
       measurement.environment_id,
       device_environment.cpu_model, device_environment.torch_version, device_environment.blas
FROM measurement
JOIN job ON job.id = measurement.job_id
JOIN run ON run.id = job.run_id
JOIN device ON device.id = job.device_id
LEFT JOIN device_environment ON device_environment.id = measurement.environment_id;

CREATE VIEW operators AS
SELECT results.id AS measurement_id, results.stored_at, results.device, results.model,
       results.precision AS model_precision, results.threads, results.batch,
       profile_operator.position, profile_operator.name, profile_operator.kind,
       profile_operator.precision, profile_operator.calls, profile_operator.total_ns / 1e6 AS ms,
       profile_operator.min_ns / 1e6 AS min_ms, profile_operator.self_ns / 1e6 AS self_ms,
       profile_operator.share, profile_operator.multiply_adds, profile_operator.bytes,
       2.0 * profile_operator.multiply_adds / nullif(profile_operator.total_ns, 0) AS gflops,
       1.0 * profile_operator.bytes / nullif(profile_operator.total_ns, 0) AS gb_per_second,
       2.0 * profile_operator.multiply_adds / nullif(profile_operator.bytes, 0) AS intensity,
       profile_operator.input_shape, profile_operator.output_shape
FROM profile_operator JOIN results ON results.id = profile_operator.measurement_id;

CREATE VIEW samples AS
SELECT measurement_id, 'warm_up' AS kind, sample.key AS position, sample.value AS ns
FROM sample_list, json_each(sample_list.warm_up_ns) AS sample
UNION ALL
SELECT measurement_id, 'measured', sample.key, sample.value
FROM sample_list, json_each(sample_list.measured_ns) AS sample;

-- The newest answer to every question, with all processes of its run; an attempt that was cut
-- short is none, and one to try a plan is older than any other. By the time it was stored: results
-- of a colleague are merged later than that.
CREATE VIEW latest_results AS
SELECT results.* FROM results
JOIN measurement ON measurement.id = results.id
JOIN (SELECT measurement.cell_id, job.run_id,
             max((1 - run.trial) || ' ' || measurement.stored_at || printf(' %020d', measurement.id))
      FROM measurement JOIN job ON job.id = measurement.job_id JOIN run ON run.id = job.run_id
      WHERE outcome NOT IN ('cancelled', 'interrupted') GROUP BY measurement.cell_id)
  AS newest ON newest.cell_id = measurement.cell_id AND newest.run_id = results.run_id
WHERE results.outcome NOT IN ('cancelled', 'interrupted');

-- The newest answer to every question that a benchmark asks, its processes put together.
CREATE VIEW latency AS
SELECT results.device, results.model, results.precision, results.target, results.engine,
       results.threads, results.batch, results.image_size, results.seq_len, results.frames,
       results.ctc_weight, results.optimize, coalesce(results.scenario, 'steady') AS scenario,
       results.streams, results.outcome, results.message, cell_result.valid,
       cell_result.invalid_because,
       cell_result.median_ns / 1e6 AS median_ms, cell_result.ci95_low_ns / 1e6 AS ci95_low_ms,
       cell_result.ci95_high_ns / 1e6 AS ci95_high_ms, cell_result.mean_ns / 1e6 AS mean_ms,
       cell_result.stddev_ns / 1e6 AS stddev_ms, cell_result.min_ns / 1e6 AS min_ms,
       cell_result.p90_ns / 1e6 AS p90_ms, cell_result.p99_ns / 1e6 AS p99_ms,
       cell_result.samples, cell_result.processes,
       cell_result.per_second, cell_result.per_second_low, cell_result.per_second_high,
       cell_result.median_ns / measurement.audio_ns AS real_time_factor,
       cell_result.peak_rss_bytes, cell_result.model_memory_bytes,
       results.pin_cpus, results.niceness, results.huge_pages, results.weights,
       cell_result.stored_at, results.run_id, results.run_name, results.tags, results.trial,
       results.environment_id, cell_result.measurement_id
FROM (SELECT measurement.cell_id, job.run_id,
             max((1 - run.trial) || ' ' || measurement.stored_at || printf(' %020d', measurement.id))
      FROM measurement JOIN job ON job.id = measurement.job_id JOIN run ON run.id = job.run_id
      WHERE kind = 'benchmark' AND outcome NOT IN ('cancelled', 'interrupted')
      GROUP BY measurement.cell_id) AS newest
-- In this order: the planner knows nothing of how few rows each step leaves.
CROSS JOIN measurement ON measurement.cell_id = newest.cell_id
CROSS JOIN cell_result ON cell_result.measurement_id = measurement.id
CROSS JOIN results ON results.id = measurement.id AND results.run_id = newest.run_id;

-- What weights take on disk, and of memory: one row for each model, precision, engine and device.
CREATE VIEW size AS
SELECT latency.device, latency.model, latency.weights, latency.precision, latency.engine,
       measurement.model_bytes,
       CASE latency.precision WHEN 'fp32' THEN measurement.model_bytes
            ELSE measurement.fp32_model_bytes END AS fp32_model_bytes,
       CASE latency.precision WHEN 'fp32' THEN 1.0
            ELSE CAST(measurement.model_bytes AS REAL) / measurement.fp32_model_bytes END
         AS share_of_fp32,
       measurement.parameters, max(latency.model_memory_bytes) AS model_memory_bytes,
       max(latency.peak_rss_bytes) AS peak_rss_bytes
FROM latency JOIN measurement ON measurement.id = latency.measurement_id
WHERE measurement.model_bytes IS NOT NULL
GROUP BY latency.device, latency.model, latency.weights, latency.precision, latency.engine,
         measurement.model_bytes;

CREATE VIEW energy AS
SELECT latency.device, latency.model, latency.precision, latency.target, latency.engine,
       latency.threads, latency.batch, latency.image_size, latency.seq_len, latency.frames,
       cell_result.joules_per_inference, cell_result.joules_per_inference_low,
       cell_result.joules_per_inference_high, measurement.mean_watts, measurement.idle_watts,
       measurement.energy_source, latency.valid, latency.invalid_because, latency.median_ms,
       latency.run_id
FROM latency
JOIN measurement ON measurement.id = latency.measurement_id
JOIN cell_result ON cell_result.measurement_id = latency.measurement_id
WHERE cell_result.joules_per_inference IS NOT NULL;

-- Latency along each axis that a benchmark can vary: a line of a plot is the rows of one device,
-- model, precision and axis whose other settings are the same.
CREATE VIEW sweep AS
SELECT axis.column1 AS axis,
       CASE axis.column1 WHEN 'batch' THEN batch WHEN 'image_size' THEN image_size
            WHEN 'seq_len' THEN seq_len WHEN 'frames' THEN frames WHEN 'threads' THEN threads
            ELSE ctc_weight END AS value,
       device, model, precision, target, engine, batch, image_size, seq_len, frames, ctc_weight,
       threads, outcome, valid, median_ms, ci95_low_ms, ci95_high_ms, real_time_factor
FROM latency, (VALUES ('batch'), ('image_size'), ('seq_len'), ('frames'), ('threads'),
                      ('ctc_weight')) AS axis
WHERE value IS NOT NULL AND scenario = 'steady';

-- Each precision beside fp32 of the same device, model and settings, where both have figures.
-- speedup above 1: faster than fp32. overlap 1: the intervals of the medians have values in
-- common, and the difference may be none; NULL where one of them has no interval.
CREATE VIEW comparison AS
WITH measured AS MATERIALIZED (
  SELECT * FROM latency WHERE scenario = 'steady' AND outcome = 'ok')
SELECT quick.device, quick.model, quick.precision, quick.target, quick.engine, quick.threads,
       quick.batch, quick.image_size, quick.seq_len, quick.frames, quick.ctc_weight,
       quick.median_ms, base.median_ms AS fp32_median_ms,
       base.median_ms / quick.median_ms AS speedup,
       quick.ci95_low_ms <= base.ci95_high_ms AND base.ci95_low_ms <= quick.ci95_high_ms AS overlap,
       quick.valid = 1 AND base.valid = 1 AS both_valid,
       quick.environment_id = base.environment_id AS same_environment
FROM measured AS quick
JOIN measured AS base
  ON base.device = quick.device AND base.model = quick.model AND base.target = quick.target
 AND base.precision = 'fp32' AND base.weights IS quick.weights
 AND base.threads IS quick.threads AND base.batch IS quick.batch
 AND base.image_size IS quick.image_size AND base.seq_len IS quick.seq_len
 AND base.frames IS quick.frames AND base.ctc_weight IS quick.ctc_weight
 AND base.optimize IS quick.optimize AND base.pin_cpus IS quick.pin_cpus
 AND base.niceness IS quick.niceness AND base.huge_pages IS quick.huge_pages
WHERE quick.precision <> 'fp32';

-- Everything about a device that could change a number, and when it was so.
CREATE VIEW environment AS
SELECT device_environment.id, device.name AS device, agent_version, hostname, architecture,
       cpu_model, physical_cores, logical_cores, usable_cores, memory_bytes, kernel, os, governor,
       frequency_max_hz, turbo, smt_active, virtualization, container, power_mode, clock_source,
       transparent_huge_pages, torch_version, blas, cpu_capability, cpu_flags,
       count(*) AS measurements, min(measurement.stored_at) AS first_stored_at,
       max(measurement.stored_at) AS last_stored_at
FROM measurement
JOIN job ON job.id = measurement.job_id
JOIN device ON device.id = job.device_id
JOIN device_environment ON device_environment.id = measurement.environment_id
GROUP BY device.id, device_environment.id;
