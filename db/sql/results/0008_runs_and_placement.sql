-- What a run was to measure, so that one that was cut off can go on where it was. Runs from
-- before, and those of other commands than bench, have no cells.
ALTER TABLE run ADD COLUMN processes INTEGER;      -- of each cell
ALTER TABLE run ADD COLUMN finished_at TEXT;       -- NULL: it was cut off, or goes on

CREATE TABLE run_cell (
  run_id           TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
  device_id        INTEGER NOT NULL REFERENCES device (id),
  position         INTEGER NOT NULL,               -- in the grid of the device
  address          TEXT NOT NULL,                  -- of the device at that time
  settings         BLOB NOT NULL,                  -- edgebench.v1.JobSettings, as asked
  model_path       TEXT NOT NULL,                  -- of files; empty where there is none
  calibration_path TEXT NOT NULL,
  weights_path     TEXT NOT NULL,
  PRIMARY KEY (run_id, device_id, position)
) STRICT, WITHOUT ROWID;

-- Which of its run's cells a job measured, and as which of its processes, from 1.
ALTER TABLE job ADD COLUMN cell_position INTEGER;
ALTER TABLE job ADD COLUMN process INTEGER;

-- How the kernel was asked to treat the worker: the processors it was pinned to, its niceness,
-- 'on' or 'off' of huge pages; NULL: not asked. And what lay in huge pages after measuring.
ALTER TABLE measurement ADD COLUMN pin_cpus TEXT;
ALTER TABLE measurement ADD COLUMN niceness INTEGER;
ALTER TABLE measurement ADD COLUMN huge_pages TEXT;
ALTER TABLE measurement ADD COLUMN huge_page_bytes INTEGER;

-- 'always', 'madvise', 'never': what the kernel does unasked.
ALTER TABLE environment ADD COLUMN transparent_huge_pages TEXT;

DROP VIEW latest_results;
DROP VIEW results;

CREATE VIEW results AS
SELECT measurement.id, measurement.stored_at, job.run_id, measurement.job_id,
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
       measurement.model_bytes, measurement.parameters, measurement.flops,
       measurement.peak_rss_bytes, measurement.huge_page_bytes, measurement.sqnr_db, measurement.cosine,
       measurement.top1_agreement, measurement.top1_rows, measurement.int8_ops,
       measurement.covered_ops, measurement.total_ops, measurement.joules_per_inference,
       measurement.joules_per_inference_low, measurement.joules_per_inference_high,
       measurement.mean_watts, measurement.idle_watts, measurement.energy_source,
       measurement.cpu_others, measurement.cpu_stolen,
       measurement.celsius_before, measurement.celsius_after,
       environment.cpu_model, environment.torch_version, environment.blas
FROM measurement
JOIN job ON job.id = measurement.job_id
JOIN device ON device.id = job.device_id
LEFT JOIN environment ON environment.id = measurement.environment_id;

-- The newest answer to every question, with all processes of its run; an attempt that was cut
-- short is none.
CREATE VIEW latest_results AS
SELECT results.* FROM results
JOIN measurement ON measurement.id = results.id
JOIN (SELECT measurement.cell, job.run_id FROM measurement
      JOIN job ON job.id = measurement.job_id
      WHERE measurement.id IN (SELECT max(id) FROM measurement
                               WHERE outcome NOT IN ('cancelled', 'interrupted') GROUP BY cell))
  AS newest ON newest.cell = measurement.cell AND newest.run_id = results.run_id
WHERE results.outcome NOT IN ('cancelled', 'interrupted');
