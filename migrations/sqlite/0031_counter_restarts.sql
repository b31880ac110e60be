-- A device's own count (`seq`) may begin anew: then its readings are told apart by their time or their values as well. Two
-- more kinds of keys in `readings` hold them (4: seq and recorded time; 5: seq and values, where no time is believed).

ALTER TABLE device_states ADD COLUMN latest_seq INTEGER;                        -- that of the newest reading by its own time
ALTER TABLE device_states ADD COLUMN seq_restarts INTEGER NOT NULL DEFAULT 0;   -- how often the count began anew,
ALTER TABLE device_states ADD COLUMN seq_restarted_at INTEGER;                  -- and when it last did
