-- Speech: frames of 10 ms each, how its decoder searched, and how long what was said
-- lasts, all samples of a batch together. NULL for other models.
ALTER TABLE measurement ADD COLUMN frames INTEGER;
ALTER TABLE measurement ADD COLUMN ctc_weight REAL;
ALTER TABLE measurement ADD COLUMN lm_weight REAL;
ALTER TABLE measurement ADD COLUMN beam INTEGER;
ALTER TABLE measurement ADD COLUMN audio_ns INTEGER;
-- The file that a zoo model's weights came from. NULL: random ones, or a model file.
ALTER TABLE measurement ADD COLUMN weights TEXT;
ALTER TABLE measurement ADD COLUMN weights_sha256 TEXT;

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
       measurement.covered_ops, measurement.total_ops,
       environment.cpu_model, environment.torch_version, environment.blas
FROM measurement
JOIN job ON job.id = measurement.job_id
JOIN device ON device.id = job.device_id
LEFT JOIN environment ON environment.id = measurement.environment_id;

CREATE VIEW latest_results AS
SELECT * FROM results
WHERE id IN (SELECT max(id) FROM measurement
             WHERE outcome NOT IN ('cancelled', 'interrupted') GROUP BY cell);
