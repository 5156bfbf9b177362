-- The operators of a profile, in the order of their first execution. docs/profiling.md says
-- what the figures are.
CREATE TABLE profile_operator (
  measurement_id INTEGER NOT NULL REFERENCES measurement (id) ON DELETE CASCADE,
  position       INTEGER NOT NULL,
  name           TEXT,                   -- the path of its module
  kind           TEXT NOT NULL,
  precision      TEXT,                   -- of its arithmetic
  calls          INTEGER NOT NULL,       -- in one inference; the other figures are of all of them
  total_ns       INTEGER NOT NULL,       -- median over the inferences
  min_ns         INTEGER NOT NULL,
  self_ns        INTEGER NOT NULL,
  share          REAL NOT NULL,
  multiply_adds  INTEGER,
  bytes          INTEGER,
  input_shape    TEXT,
  output_shape   TEXT,
  PRIMARY KEY (measurement_id, position)
) STRICT, WITHOUT ROWID;

-- What a device can do at best: multiply-adds ('fp32', 'int8') or bytes ('bandwidth').
CREATE TABLE peak (
  measurement_id INTEGER NOT NULL REFERENCES measurement (id) ON DELETE CASCADE,
  position       INTEGER NOT NULL,
  quantity       TEXT NOT NULL CHECK (quantity IN ('fp32', 'int8', 'bandwidth')),
  threads        INTEGER NOT NULL,
  workload       TEXT,
  per_second     TEXT NOT NULL CHECK (json_valid(per_second)),  -- of each run
  PRIMARY KEY (measurement_id, position)
) STRICT, WITHOUT ROWID;

-- One row per operator of a profile, with what it belongs to.
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
