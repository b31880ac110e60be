-- The five minutes of the chart that a device fills now: written with its state, and to reading_buckets when it goes on to
-- later ones. All of these columns have a value, or none.
ALTER TABLE device_states ADD COLUMN bucket_at INTEGER;
ALTER TABLE device_states ADD COLUMN bucket_min INTEGER;
ALTER TABLE device_states ADD COLUMN bucket_max INTEGER;
ALTER TABLE device_states ADD COLUMN bucket_sum INTEGER;
ALTER TABLE device_states ADD COLUMN bucket_count INTEGER;
