-- int8_ops counts int8 arithmetic only: 0 for weights in int8 and for half precision.
-- covered_ops counts what ran as its precision asks, and top1_rows what top1_agreement
-- is a share of. In rows from before both are NULL.
ALTER TABLE measurement ADD COLUMN covered_ops INTEGER;
ALTER TABLE measurement ADD COLUMN top1_rows INTEGER;

DROP VIEW latest_results;
DROP VIEW results;

CREATE VIEW results AS
SELECT measurement.id, measurement.stored_at, job.run_id, measurement.job_id,
       device.name AS device, measurement.kind, measurement.model, measurement.precision,
       measurement.target, measurement.engine, measurement.threads, measurement.batch,
       measurement.image_size, measurement.seq_len, measurement.optimize, measurement.outcome,
       measurement.message, measurement.valid, measurement.samples,
       measurement.median_ns / 1e6 AS median_ms, measurement.mean_ns / 1e6 AS mean_ms,
       measurement.stddev_ns / 1e6 AS stddev_ms, measurement.min_ns / 1e6 AS min_ms,
       measurement.p90_ns / 1e6 AS p90_ms, measurement.p99_ns / 1e6 AS p99_ms,
       measurement.ci95_low_ns / 1e6 AS ci95_low_ms,
       measurement.ci95_high_ns / 1e6 AS ci95_high_ms,
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
