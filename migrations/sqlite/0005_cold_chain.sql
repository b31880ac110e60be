-- Locations, cold cells, devices, their readings and alerts.
--
-- `no` is a short number beside the id: readings and buckets are the largest tables by far, and eight bytes instead of
-- sixteen in every key of theirs is what keeps them small and fast. Temperatures in them are whole micro-degrees
-- Celsius, so that a sum does not depend on the order in which it was added up.

CREATE TABLE locations (
    org_id      BLOB    NOT NULL REFERENCES organisations (id),
    id          BLOB    NOT NULL,
    customer_id BLOB,
    name        TEXT    NOT NULL,
    address     TEXT,
    time_zone   TEXT,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, customer_id) REFERENCES customers (org_id, id)
) STRICT;

CREATE INDEX locations_by_creation ON locations (org_id, created_at, id);
CREATE INDEX locations_by_customer ON locations (org_id, customer_id);

CREATE TABLE cold_cells (
    no                    INTEGER PRIMARY KEY AUTOINCREMENT,
    org_id                BLOB    NOT NULL REFERENCES organisations (id),
    id                    BLOB    NOT NULL,
    location_id           BLOB    NOT NULL,
    name                  TEXT    NOT NULL,
    preset                TEXT    CHECK (preset IN ('freezer', 'fridge')),
    min_temperature       REAL    NOT NULL,
    max_temperature       REAL    NOT NULL,
    hysteresis            REAL    NOT NULL,
    alert_delay_seconds   INTEGER NOT NULL,
    door_open_seconds     INTEGER NOT NULL,
    offline_after_seconds INTEGER NOT NULL,
    created_at            INTEGER NOT NULL,
    UNIQUE (org_id, id),
    FOREIGN KEY (org_id, location_id) REFERENCES locations (org_id, id),
    CHECK (min_temperature < max_temperature)
) STRICT;

CREATE INDEX cold_cells_by_creation ON cold_cells (org_id, created_at, id);
CREATE INDEX cold_cells_by_location ON cold_cells (org_id, location_id);

CREATE TABLE devices (
    no               INTEGER PRIMARY KEY AUTOINCREMENT,
    org_id           BLOB    NOT NULL REFERENCES organisations (id),
    id               BLOB    NOT NULL,
    cold_cell_id     BLOB    NOT NULL,
    cell_no          INTEGER NOT NULL REFERENCES cold_cells (no),
    serial_number    TEXT    NOT NULL,
    name             TEXT,
    firmware_version TEXT,
    -- Raised whenever a key of the device changes: the writer refuses readings that were let in under an older one.
    access_epoch     INTEGER NOT NULL DEFAULT 1,
    created_at       INTEGER NOT NULL,
    UNIQUE (org_id, id),
    UNIQUE (org_id, serial_number),
    FOREIGN KEY (org_id, cold_cell_id) REFERENCES cold_cells (org_id, id)
) STRICT;

CREATE INDEX devices_by_creation ON devices (org_id, created_at, id);
CREATE INDEX devices_by_cell ON devices (cell_no);

-- Keys are stored as their SHA-256. A rotated key stays until it expires.
CREATE TABLE device_keys (
    key_hash   BLOB    NOT NULL PRIMARY KEY,
    device_no  INTEGER NOT NULL REFERENCES devices (no),
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX device_keys_by_device ON device_keys (device_no);

-- What changes with every reading, apart from what people change. One row per device from its creation on.
CREATE TABLE device_states (
    device_no    INTEGER PRIMARY KEY REFERENCES devices (no),
    last_seen_at INTEGER,                       -- received time of the newest accepted reading
    -- The latest reading by its own time; kind and key break ties, so that the order of arrival does not matter.
    latest_at    INTEGER,
    latest_kind  INTEGER,
    latest_key   INTEGER,
    temperature  INTEGER,
    humidity     REAL,
    battery      REAL,
    power        INTEGER,
    door         INTEGER,
    assigned     INTEGER NOT NULL DEFAULT 0,    -- the last key given to a reading without seq and time
    tracks       TEXT                           -- JSON: what the alert engine remembers; none for a device at rest
) STRICT;

CREATE TABLE alerts (
    org_id            BLOB    NOT NULL REFERENCES organisations (id),
    id                BLOB    NOT NULL,
    cold_cell_id      BLOB    NOT NULL,
    device_id         BLOB    NOT NULL,
    device_no         INTEGER NOT NULL REFERENCES devices (no),
    type              TEXT    NOT NULL CHECK (type IN (
        'HIGH_TEMP', 'LOW_TEMP', 'POWER_LOSS', 'DOOR_OPEN', 'LOW_BATTERY', 'SENSOR_ERROR')),
    status            TEXT    NOT NULL CHECK (status IN ('ACTIVE', 'RESOLVED')),
    late              INTEGER NOT NULL,
    threshold         REAL,
    worst             INTEGER,                  -- micro-degrees; none where the type has no temperature
    started_at        INTEGER NOT NULL,         -- the first reading out of bounds
    opened_at         INTEGER NOT NULL,         -- the reading that opened it, later than the first by the delay
    last_triggered_at INTEGER NOT NULL,
    acknowledged_at   INTEGER,
    acknowledged_by   TEXT,
    resolved_at       INTEGER,
    resolved_by       TEXT,                     -- none when it resolved by itself
    resolution_note   TEXT,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, cold_cell_id) REFERENCES cold_cells (org_id, id),
    FOREIGN KEY (org_id, device_id) REFERENCES devices (org_id, id)
) STRICT;

CREATE UNIQUE INDEX alerts_one_active ON alerts (org_id, cold_cell_id, device_id, type) WHERE status = 'ACTIVE';
CREATE UNIQUE INDEX alerts_active_by_device ON alerts (device_no, type) WHERE status = 'ACTIVE';
CREATE INDEX alerts_by_opening ON alerts (org_id, opened_at, id);
CREATE INDEX alerts_by_status ON alerts (org_id, status, opened_at, id);
CREATE INDEX alerts_by_cell ON alerts (org_id, cold_cell_id, opened_at, id);

-- One row per reading. No foreign keys: the writer has read the device's row in the same transaction, so checking it
-- again for each of many million rows would cost and prove nothing.
CREATE TABLE readings (
    device_no   INTEGER NOT NULL,
    dedupe_kind INTEGER NOT NULL,               -- 0: key is the seq; 1: the recorded time; 2: given by the server
    dedupe_key  INTEGER NOT NULL,
    cell_no     INTEGER NOT NULL,
    at          INTEGER NOT NULL,               -- the time it counts for
    received_at INTEGER NOT NULL,
    recorded_at INTEGER,
    temperature INTEGER NOT NULL,
    humidity    REAL,
    battery     REAL,
    power       INTEGER,
    door        INTEGER,
    flags       INTEGER NOT NULL,               -- 1: clock suspect; 2: late
    PRIMARY KEY (device_no, dedupe_kind, dedupe_key)
) STRICT, WITHOUT ROWID;

CREATE INDEX readings_by_cell ON readings (cell_no, at);

-- Minimum, maximum, sum and count of a cell's readings in spans of 5 min, 30 min and 2 h, kept at ingest.
CREATE TABLE reading_buckets (
    cell_no  INTEGER NOT NULL,
    span     INTEGER NOT NULL CHECK (span IN (300, 1800, 7200)),
    start_at INTEGER NOT NULL,
    min      INTEGER NOT NULL,
    max      INTEGER NOT NULL,
    sum      INTEGER NOT NULL,
    count    INTEGER NOT NULL,
    PRIMARY KEY (cell_no, span, start_at)
) STRICT, WITHOUT ROWID;
