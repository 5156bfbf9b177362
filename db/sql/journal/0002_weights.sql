-- Weights of a zoo model: an artifact that must not be evicted while the job needs it.
-- Jobs of before have none.
ALTER TABLE job ADD COLUMN weights_sha256 TEXT;
