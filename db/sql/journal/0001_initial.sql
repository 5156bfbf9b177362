-- The agent's jobs. Times are nanoseconds since 1970-01-01 UTC. Messages of
-- the API are kept as they are serialized; what is searched is a column.

CREATE TABLE job (
  -- The order of submission; never used again.
  sequence           INTEGER PRIMARY KEY AUTOINCREMENT,
  job_id             TEXT NOT NULL UNIQUE,
  submitter          TEXT NOT NULL,
  state              TEXT NOT NULL CHECK (state IN
                       ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'INTERRUPTED')),
  requested          BLOB NOT NULL,  -- edgebench.v1.JobSettings
  settings           BLOB NOT NULL,  -- the same, normalized
  submitted_ns       INTEGER NOT NULL,
  started_ns         INTEGER,
  finished_ns        INTEGER,
  -- edgebench.v1.JobResult from the end of the job until it is acknowledged.
  result             BLOB,
  acknowledged       INTEGER NOT NULL DEFAULT 0 CHECK (acknowledged IN (0, 1)),
  -- Artifacts that must not be evicted while this job needs them.
  model_sha256       TEXT,
  calibration_sha256 TEXT,
  result_sha256      TEXT
) STRICT;

CREATE INDEX job_by_state ON job (state, sequence);
CREATE INDEX job_by_acknowledged ON job (acknowledged, sequence);

CREATE TABLE event (
  sequence  INTEGER NOT NULL REFERENCES job (sequence) ON DELETE CASCADE,
  "offset"  INTEGER NOT NULL,
  event     BLOB NOT NULL,  -- edgebench.v1.JobEvent
  PRIMARY KEY (sequence, "offset")
) STRICT, WITHOUT ROWID;
