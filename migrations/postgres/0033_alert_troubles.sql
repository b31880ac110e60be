-- Alerts of one cell that open again and again are one trouble: which alert it began with and when, and the how manieth
-- opening this one is. Of alerts from before, and of late ones, nothing is said: each is a trouble of its own.
ALTER TABLE alerts ADD COLUMN trouble_id UUID;
ALTER TABLE alerts ADD COLUMN trouble_since BIGINT;
ALTER TABLE alerts ADD COLUMN trouble_openings BIGINT NOT NULL DEFAULT 1;
