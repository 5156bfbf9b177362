-- The controller's results. docs/results-schema.md describes it for readers.
-- Times are text in UTC with nanoseconds, so that they sort and that SQLite's
-- date functions read them. Unknown is NULL.

CREATE TABLE device (
  id          INTEGER PRIMARY KEY,
  name        TEXT NOT NULL UNIQUE,
  address     TEXT NOT NULL,             -- empty for local
  added_at    TEXT NOT NULL,
  -- 0: removed by the user, or never added (local); its results stay.
  listed      INTEGER NOT NULL CHECK (listed IN (0, 1))
) STRICT;

-- Everything about a device that could change a number. One row per content.
CREATE TABLE environment (
  id             INTEGER PRIMARY KEY,
  fingerprint    TEXT NOT NULL UNIQUE,   -- SHA-256 of the column content
  agent_version  TEXT NOT NULL,
  hostname       TEXT,
  architecture   TEXT,
  cpu_model      TEXT,
  physical_cores INTEGER,
  logical_cores  INTEGER,
  memory_bytes   INTEGER,
  kernel         TEXT,
  os             TEXT,
  governor       TEXT,
  torch_version  TEXT,
  blas           TEXT,
  cpu_capability TEXT,
  content        BLOB NOT NULL           -- edgebench.v1.Environment
) STRICT;

-- One call of the command line.
CREATE TABLE run (
  id         TEXT PRIMARY KEY,
  started_at TEXT NOT NULL
) STRICT;

CREATE TABLE job (
  sequence     INTEGER PRIMARY KEY AUTOINCREMENT,
  id           TEXT NOT NULL UNIQUE,
  run_id       TEXT NOT NULL REFERENCES run (id),
  device_id    INTEGER NOT NULL REFERENCES device (id),
  address      TEXT NOT NULL,            -- where it was sent
  submitted_at TEXT NOT NULL,
  -- 'pending', then the outcome; 'lost' when the agent no longer knows the job.
  status       TEXT NOT NULL,
  -- 1: the agent was told that its result is stored, and may have dropped it.
  acknowledged INTEGER NOT NULL DEFAULT 0 CHECK (acknowledged IN (0, 1)),
  output_path  TEXT NOT NULL,            -- where quantize was told to write
  overwrite    INTEGER NOT NULL CHECK (overwrite IN (0, 1)),  -- and whether over another file
  settings     BLOB NOT NULL             -- edgebench.v1.JobSettings, as asked
) STRICT;

CREATE INDEX job_by_status ON job (status);

CREATE TABLE measurement (
  id                   INTEGER PRIMARY KEY,
  job_id               TEXT NOT NULL UNIQUE REFERENCES job (id),
  environment_id       INTEGER REFERENCES environment (id),
  stored_at            TEXT NOT NULL,
  -- Device and settings as asked, in one text: equal for measurements that
  -- answer the same question.
  cell                 TEXT NOT NULL,
  kind                 TEXT NOT NULL,
  model                TEXT NOT NULL,
  precision            TEXT,
  target               TEXT,
  engine               TEXT,             -- NULL when no quantized operator ran
  threads              INTEGER,
  batch                INTEGER,
  image_size           INTEGER,
  seq_len              INTEGER,
  optimize             TEXT,
  outcome              TEXT NOT NULL,
  stage                TEXT,
  message              TEXT,
  signal               TEXT,
  valid                INTEGER,
  converged            INTEGER,
  model_bytes          INTEGER,
  fp32_model_bytes     INTEGER,
  parameters           INTEGER,
  flops                INTEGER,
  peak_rss_bytes       INTEGER,
  job_peak_rss_bytes   INTEGER,
  samples              INTEGER NOT NULL,
  median_ns            REAL,
  mean_ns              REAL,
  stddev_ns            REAL,
  p90_ns               REAL,
  p99_ns               REAL,
  min_ns               INTEGER,
  ci95_low_ns          INTEGER,
  ci95_high_ns         INTEGER,
  sqnr_db              REAL,
  cosine               REAL,
  top1_agreement       REAL,
  int8_ops             INTEGER,
  total_ops            INTEGER,
  quantize_duration_ns INTEGER,
  artifact_sha256      TEXT,
  -- edgebench.v1.JobResult without what environment and sample_block hold.
  result               BLOB NOT NULL
) STRICT;

CREATE INDEX measurement_by_cell ON measurement (cell, id);

-- Raw latencies in nanoseconds, in the order they were taken.
CREATE TABLE sample_block (
  measurement_id INTEGER NOT NULL REFERENCES measurement (id) ON DELETE CASCADE,
  position       INTEGER NOT NULL,
  kind           TEXT NOT NULL CHECK (kind IN ('warm_up', 'measured')),
  samples_ns     TEXT NOT NULL CHECK (json_valid(samples_ns)),
  PRIMARY KEY (measurement_id, position)
) STRICT, WITHOUT ROWID;

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
       measurement.top1_agreement, measurement.int8_ops, measurement.total_ops,
       environment.cpu_model, environment.torch_version, environment.blas
FROM measurement
JOIN job ON job.id = measurement.job_id
JOIN device ON device.id = job.device_id
LEFT JOIN environment ON environment.id = measurement.environment_id;

-- The newest answer to every question; an attempt that was cut short is none.
CREATE VIEW latest_results AS
SELECT * FROM results
WHERE id IN (SELECT max(id) FROM measurement
             WHERE outcome NOT IN ('cancelled', 'interrupted') GROUP BY cell);

-- One row per sample.
CREATE VIEW samples AS
SELECT sample_block.measurement_id, sample_block.kind, sample_block.position AS block,
       sample.key AS position, sample.value AS ns
FROM sample_block, json_each(sample_block.samples_ns) AS sample;
