-- What the alert engine needs beside readings: the clock, maintenance, silences, and who is told when nobody reacts.

-- When nothing opens in a cell, because people work on it. The last stretch stays for readings that arrive late.
ALTER TABLE cold_cells ADD COLUMN maintenance_from INTEGER;
ALTER TABLE cold_cells ADD COLUMN maintenance_until INTEGER;
ALTER TABLE cold_cells ADD COLUMN maintenance_reason TEXT;

-- When the engine wants to be told the time for a device. The queue below is looked through by time and may hold more
-- than is needed; it is a table of its own, because an index here would be written with every reading.
ALTER TABLE device_states ADD COLUMN next_look INTEGER;

CREATE TABLE device_looks (
    at        INTEGER NOT NULL,
    device_no INTEGER NOT NULL REFERENCES devices (no),
    PRIMARY KEY (at, device_no)
) STRICT, WITHOUT ROWID;

UPDATE device_states SET next_look = last_seen_at;
INSERT INTO device_looks (at, device_no)
    SELECT last_seen_at, device_no FROM device_states WHERE last_seen_at IS NOT NULL;

-- Since when the installation listens to its devices without a break: one row.
CREATE TABLE device_watch (
    id        INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    since     INTEGER NOT NULL,
    looked_at INTEGER NOT NULL
) STRICT;

-- Escalation. It counts from raised_at, which late alerts do not have; escalate_at is when to look at the alert again.
ALTER TABLE alerts ADD COLUMN raised_at INTEGER;
ALTER TABLE alerts ADD COLUMN escalate_at INTEGER;
ALTER TABLE alerts ADD COLUMN escalated_at INTEGER;                         -- the last step
ALTER TABLE alerts ADD COLUMN escalation_steps INTEGER NOT NULL DEFAULT 0;  -- steps taken, repetitions included
ALTER TABLE alerts ADD COLUMN escalation_level INTEGER NOT NULL DEFAULT 0;  -- the level reached

CREATE INDEX alerts_to_escalate ON alerts (escalate_at) WHERE escalate_at IS NOT NULL;

-- Who is told, level by level. An organisation without a row has the default.
CREATE TABLE alert_policies (
    org_id         BLOB    NOT NULL PRIMARY KEY REFERENCES organisations (id),
    repeat_minutes INTEGER NOT NULL,             -- 0: the last level is told once
    quiet_from     INTEGER,                      -- minutes after midnight in the organisation's time zone
    quiet_until    INTEGER,
    quiet_level    INTEGER                       -- the highest level that is muted then
) STRICT;

CREATE TABLE alert_levels (
    org_id        BLOB    NOT NULL REFERENCES alert_policies (org_id),
    level         INTEGER NOT NULL,              -- from 1
    after_minutes INTEGER NOT NULL,              -- since the level before; the first since the opening
    PRIMARY KEY (org_id, level)
) STRICT;

-- Each names a role or a member.
CREATE TABLE alert_recipients (
    org_id        BLOB    NOT NULL,
    level         INTEGER NOT NULL,
    place         INTEGER NOT NULL,
    role          TEXT,
    membership_id BLOB,
    PRIMARY KEY (org_id, level, place),
    FOREIGN KEY (org_id, level) REFERENCES alert_levels (org_id, level),
    FOREIGN KEY (org_id, membership_id) REFERENCES memberships (org_id, id),
    CHECK ((role IS NULL) <> (membership_id IS NULL))
) STRICT;

-- Notices about a cell or a location are muted for a while. Alerts are not.
CREATE TABLE silences (
    org_id       BLOB    NOT NULL REFERENCES organisations (id),
    id           BLOB    NOT NULL,
    cold_cell_id BLOB,
    location_id  BLOB,
    until        INTEGER NOT NULL,
    reason       TEXT,
    created_by   TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, cold_cell_id) REFERENCES cold_cells (org_id, id),
    FOREIGN KEY (org_id, location_id) REFERENCES locations (org_id, id),
    CHECK ((cold_cell_id IS NULL) <> (location_id IS NULL))
) STRICT;

CREATE INDEX silences_by_end ON silences (org_id, until, id);
