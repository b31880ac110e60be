-- The five minutes of the chart that a device fills now: written with its state, and to reading_buckets when it goes on to
-- later ones. All of these columns have a value, or none.
ALTER TABLE device_states ADD COLUMN bucket_at BIGINT;
ALTER TABLE device_states ADD COLUMN bucket_min BIGINT;
ALTER TABLE device_states ADD COLUMN bucket_max BIGINT;
ALTER TABLE device_states ADD COLUMN bucket_sum BIGINT;
ALTER TABLE device_states ADD COLUMN bucket_count BIGINT;
