-- Energy of one inference without what the device takes idle, its 95 % interval, the power of
-- the counted rails while measuring and before, and what measured it. NULL where unknown.
ALTER TABLE measurement ADD COLUMN energy_source TEXT;
ALTER TABLE measurement ADD COLUMN joules_per_inference REAL;
ALTER TABLE measurement ADD COLUMN joules_per_inference_low REAL;
ALTER TABLE measurement ADD COLUMN joules_per_inference_high REAL;
ALTER TABLE measurement ADD COLUMN mean_watts REAL;
ALTER TABLE measurement ADD COLUMN idle_watts REAL;
