-- Many devices tell of their battery in some readings only: when the charge that is known was measured.
ALTER TABLE device_states ADD COLUMN battery_at INTEGER;
UPDATE device_states SET battery_at = latest_at WHERE battery IS NOT NULL;
