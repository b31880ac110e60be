-- Readings in a partition for each week of their own time, so that old ones go with a table and not one by one. Weeks are
-- counted from 1970-01-01. What belongs to no week that there is, lies in the rest.
--
-- A partitioned table can only be sure of what it is divided by: the key holds the time as well. That a device's seq occurs
-- once in all weeks is seen to by the writer, who owns the device's row: `highest_seq` tells what cannot be there yet.

ALTER TABLE device_states ADD COLUMN highest_seq BIGINT;
UPDATE device_states SET highest_seq =
    (SELECT MAX(dedupe_key) FROM readings r WHERE r.device_no = device_states.device_no AND r.dedupe_kind = 0);

ALTER TABLE readings RENAME TO readings_before;
ALTER TABLE readings_before RENAME CONSTRAINT readings_pkey TO readings_before_pkey;

CREATE TABLE readings (
    device_no   BIGINT NOT NULL,
    dedupe_kind BIGINT NOT NULL,               -- 0: seq; 1: recorded time; 2: given by the server; 3: a fingerprint
    dedupe_key  BIGINT NOT NULL,
    cell_no     BIGINT NOT NULL,
    at          BIGINT NOT NULL,               -- the time it counts for
    received_at BIGINT NOT NULL,
    recorded_at BIGINT,
    temperature BIGINT NOT NULL,
    humidity    DOUBLE PRECISION,
    battery     DOUBLE PRECISION,
    power       BOOLEAN,
    door        BOOLEAN,
    flags       BIGINT NOT NULL,               -- 1: clock suspect; 2: late
    PRIMARY KEY (device_no, dedupe_kind, dedupe_key, at)
) PARTITION BY RANGE (at);

CREATE TABLE readings_rest PARTITION OF readings DEFAULT;

-- The weeks that have a partition.
CREATE FUNCTION readings_weeks() RETURNS SETOF BIGINT LANGUAGE sql STABLE AS $$
    SELECT CAST(substr(c.relname, 11) AS BIGINT) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'readings'::regclass AND c.relname ~ '^readings_w[0-9]+$'
$$;

-- Makes a week's partition, unless there is one, and moves into it what lies in the rest.
CREATE FUNCTION readings_add_week(week BIGINT) RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
    name  TEXT := 'readings_w' || week;
    first BIGINT := week * 604800000;
    after BIGINT := (week + 1) * 604800000;
BEGIN
    -- Two servers would make it at once; and nothing may come into the rest in between.
    LOCK TABLE readings_rest IN ACCESS EXCLUSIVE MODE;
    IF EXISTS (SELECT 1 FROM readings_weeks() w WHERE w = week) THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE readings INCLUDING ALL)', name);
    EXECUTE format('WITH moved AS (DELETE FROM readings_rest WHERE at >= %s AND at < %s RETURNING *) '
        'INSERT INTO %I SELECT * FROM moved', first, after, name);
    EXECUTE format('ALTER TABLE readings ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', name, first, after);
END
$$;

-- Removes a week with all its readings.
CREATE FUNCTION readings_drop_week(week BIGINT) RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DROP TABLE IF EXISTS %I', 'readings_w' || week);
END
$$;

SELECT readings_add_week(week) FROM (SELECT DISTINCT at / 604800000 AS week FROM readings_before WHERE at >= 0) weeks;
INSERT INTO readings SELECT device_no, dedupe_kind, dedupe_key, cell_no, at, received_at, recorded_at, temperature, humidity,
    battery, power, door, flags FROM readings_before;
DROP TABLE readings_before;
