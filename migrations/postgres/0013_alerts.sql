-- What the alert engine needs beside readings: the clock, maintenance, silences, and who is told when nobody reacts.

-- When nothing opens in a cell, because people work on it. The last stretch stays for readings that arrive late.
ALTER TABLE cold_cells ADD COLUMN maintenance_from BIGINT;
ALTER TABLE cold_cells ADD COLUMN maintenance_until BIGINT;
ALTER TABLE cold_cells ADD COLUMN maintenance_reason TEXT;

-- When the engine wants to be told the time for a device. The queue below is looked through by time and may hold more
-- than is needed; it is a table of its own, because an index here would be written with every reading.
ALTER TABLE device_states ADD COLUMN next_look BIGINT;

CREATE TABLE device_looks (
    at        BIGINT NOT NULL,
    device_no BIGINT NOT NULL REFERENCES devices (no),
    PRIMARY KEY (at, device_no)
);

UPDATE device_states SET next_look = last_seen_at;
INSERT INTO device_looks (at, device_no)
    SELECT last_seen_at, device_no FROM device_states WHERE last_seen_at IS NOT NULL;

-- Since when the installation listens to its devices without a break: one row.
CREATE TABLE device_watch (
    id        BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    since     BIGINT NOT NULL,
    looked_at BIGINT NOT NULL
);

-- Escalation. It counts from raised_at, which late alerts do not have; escalate_at is when to look at the alert again.
ALTER TABLE alerts ADD COLUMN raised_at BIGINT;
ALTER TABLE alerts ADD COLUMN escalate_at BIGINT;
ALTER TABLE alerts ADD COLUMN escalated_at BIGINT;                         -- the last step
ALTER TABLE alerts ADD COLUMN escalation_steps BIGINT NOT NULL DEFAULT 0;  -- steps taken, repetitions included
ALTER TABLE alerts ADD COLUMN escalation_level BIGINT NOT NULL DEFAULT 0;  -- the level reached

CREATE INDEX alerts_to_escalate ON alerts (escalate_at) WHERE escalate_at IS NOT NULL;

-- Who is told, level by level. An organisation without a row has the default.
CREATE TABLE alert_policies (
    org_id         UUID    NOT NULL PRIMARY KEY REFERENCES organisations (id),
    repeat_minutes BIGINT NOT NULL,             -- 0: the last level is told once
    quiet_from     BIGINT,                      -- minutes after midnight in the organisation's time zone
    quiet_until    BIGINT,
    quiet_level    BIGINT                       -- the highest level that is muted then
);

CREATE TABLE alert_levels (
    org_id        UUID    NOT NULL REFERENCES alert_policies (org_id),
    level         BIGINT NOT NULL,              -- from 1
    after_minutes BIGINT NOT NULL,              -- since the level before; the first since the opening
    PRIMARY KEY (org_id, level)
);

-- Each names a role or a member.
CREATE TABLE alert_recipients (
    org_id        UUID    NOT NULL,
    level         BIGINT NOT NULL,
    place         BIGINT NOT NULL,
    role          TEXT,
    membership_id UUID,
    PRIMARY KEY (org_id, level, place),
    FOREIGN KEY (org_id, level) REFERENCES alert_levels (org_id, level),
    FOREIGN KEY (org_id, membership_id) REFERENCES memberships (org_id, id),
    CHECK ((role IS NULL) <> (membership_id IS NULL))
);

-- Notices about a cell or a location are muted for a while. Alerts are not.
CREATE TABLE silences (
    org_id       UUID    NOT NULL REFERENCES organisations (id),
    id           UUID    NOT NULL,
    cold_cell_id UUID,
    location_id  UUID,
    until        BIGINT NOT NULL,
    reason       TEXT,
    created_by   TEXT    NOT NULL,
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, cold_cell_id) REFERENCES cold_cells (org_id, id),
    FOREIGN KEY (org_id, location_id) REFERENCES locations (org_id, id),
    CHECK ((cold_cell_id IS NULL) <> (location_id IS NULL))
);

CREATE INDEX silences_by_end ON silences (org_id, until, id);
