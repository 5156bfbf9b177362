-- How the device was while a measurement was taken. In rows from before all of it is NULL.
ALTER TABLE measurement ADD COLUMN invalid_because TEXT;        -- reasons, by "; "
ALTER TABLE measurement ADD COLUMN unknown_conditions TEXT;     -- by ", "
ALTER TABLE measurement ADD COLUMN cpu_others REAL;             -- cores that others used
ALTER TABLE measurement ADD COLUMN cpu_stolen REAL;             -- cores of other virtual machines
ALTER TABLE measurement ADD COLUMN celsius_before REAL;
ALTER TABLE measurement ADD COLUMN celsius_after REAL;
-- When the rows of all channels were read, since the warm-up began; and when measuring began.
ALTER TABLE measurement ADD COLUMN telemetry_offsets_ns TEXT
  CHECK (telemetry_offsets_ns IS NULL OR json_valid(telemetry_offsets_ns));
ALTER TABLE measurement ADD COLUMN telemetry_measure_start_ns INTEGER;

ALTER TABLE environment ADD COLUMN usable_cores INTEGER;
ALTER TABLE environment ADD COLUMN cpu_flags TEXT;              -- by " "
ALTER TABLE environment ADD COLUMN frequency_max_hz INTEGER;    -- the limit that is set
ALTER TABLE environment ADD COLUMN turbo INTEGER;
ALTER TABLE environment ADD COLUMN smt_active INTEGER;
ALTER TABLE environment ADD COLUMN virtualization TEXT;
ALTER TABLE environment ADD COLUMN container TEXT;
ALTER TABLE environment ADD COLUMN power_mode TEXT;             -- Jetson's
ALTER TABLE environment ADD COLUMN clock_source TEXT;

-- One row per channel; one value per offset, null where it could not be read.
CREATE TABLE telemetry (
  measurement_id INTEGER NOT NULL REFERENCES measurement (id) ON DELETE CASCADE,
  position       INTEGER NOT NULL,
  channel        TEXT NOT NULL,
  unit           TEXT NOT NULL,
  source         TEXT NOT NULL,
  channel_values TEXT NOT NULL CHECK (json_valid(channel_values)),
  PRIMARY KEY (measurement_id, position)
) STRICT, WITHOUT ROWID;

-- One row per value.
CREATE VIEW telemetry_values AS
SELECT telemetry.measurement_id, telemetry.channel, telemetry.unit, telemetry.source,
       moment.value AS offset_ns,
       moment.value >= measurement.telemetry_measure_start_ns AS measuring,
       reading.value AS value
FROM telemetry
JOIN measurement ON measurement.id = telemetry.measurement_id,
     json_each(telemetry.channel_values) AS reading,
     json_each(measurement.telemetry_offsets_ns) AS moment
WHERE moment.key = reading.key;

DROP VIEW latest_results;
DROP VIEW results;

CREATE VIEW results AS
SELECT measurement.id, measurement.stored_at, job.run_id, measurement.job_id,
       device.name AS device, measurement.kind, measurement.model, measurement.precision,
       measurement.target, measurement.engine, measurement.threads, measurement.batch,
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
       measurement.model_bytes, measurement.parameters, measurement.flops,
       measurement.peak_rss_bytes, measurement.sqnr_db, measurement.cosine,
       measurement.top1_agreement, measurement.top1_rows, measurement.int8_ops,
       measurement.covered_ops, measurement.total_ops,
       measurement.cpu_others, measurement.cpu_stolen,
       measurement.celsius_before, measurement.celsius_after,
       environment.cpu_model, environment.torch_version, environment.blas
FROM measurement
JOIN job ON job.id = measurement.job_id
JOIN device ON device.id = job.device_id
LEFT JOIN environment ON environment.id = measurement.environment_id;

CREATE VIEW latest_results AS
SELECT * FROM results
WHERE id IN (SELECT max(id) FROM measurement
             WHERE outcome NOT IN ('cancelled', 'interrupted') GROUP BY cell);
