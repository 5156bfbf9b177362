-- Energy of one inference without what the device takes idle, its 95 % interval, the power of
-- the counted rails while measuring and before, and what measured it. NULL where unknown.
ALTER TABLE measurement ADD COLUMN energy_source TEXT;
ALTER TABLE measurement ADD COLUMN joules_per_inference REAL;
ALTER TABLE measurement ADD COLUMN joules_per_inference_low REAL;
ALTER TABLE measurement ADD COLUMN joules_per_inference_high REAL;
ALTER TABLE measurement ADD COLUMN mean_watts REAL;
ALTER TABLE measurement ADD COLUMN idle_watts REAL;

DROP VIEW latest_results;
DROP VIEW results;

CREATE VIEW results AS
SELECT measurement.id, measurement.stored_at, job.run_id, measurement.job_id,
       device.name AS device, measurement.kind, measurement.model, measurement.precision,
       measurement.target, measurement.engine, measurement.threads, measurement.batch,
       measurement.image_size, measurement.seq_len, measurement.frames, measurement.ctc_weight,
       measurement.lm_weight, measurement.beam, measurement.weights, measurement.weights_sha256,
       measurement.optimize, measurement.outcome,
       measurement.message, measurement.valid, measurement.samples,
       measurement.median_ns / 1e6 AS median_ms, measurement.mean_ns / 1e6 AS mean_ms,
       measurement.stddev_ns / 1e6 AS stddev_ms, measurement.min_ns / 1e6 AS min_ms,
       measurement.p90_ns / 1e6 AS p90_ms, measurement.p99_ns / 1e6 AS p99_ms,
       measurement.ci95_low_ns / 1e6 AS ci95_low_ms,
       measurement.ci95_high_ns / 1e6 AS ci95_high_ms,
       measurement.median_ns / measurement.audio_ns AS real_time_factor,
       measurement.model_bytes, measurement.parameters, measurement.flops,
       measurement.peak_rss_bytes, measurement.sqnr_db, measurement.cosine,
       measurement.top1_agreement, measurement.top1_rows, measurement.int8_ops,
       measurement.covered_ops, measurement.total_ops, measurement.joules_per_inference,
       measurement.joules_per_inference_low, measurement.joules_per_inference_high,
       measurement.mean_watts, measurement.idle_watts, measurement.energy_source,
       environment.cpu_model, environment.torch_version, environment.blas
FROM measurement
JOIN job ON job.id = measurement.job_id
JOIN device ON device.id = job.device_id
LEFT JOIN environment ON environment.id = measurement.environment_id;

CREATE VIEW latest_results AS
SELECT * FROM results
WHERE id IN (SELECT max(id) FROM measurement
             WHERE outcome NOT IN ('cancelled', 'interrupted') GROUP BY cell);
