-- A device that is out of service: it is let in no more, nobody misses it, and what it measured stays.
ALTER TABLE devices ADD COLUMN retired_at BIGINT;
