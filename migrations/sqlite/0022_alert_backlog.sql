-- What the alert engine has said of a device and its alerts do not show yet. When many devices cross a limit at once, it
-- is stored with their readings and written as alerts soon after.
CREATE TABLE alert_backlog (
    no        INTEGER PRIMARY KEY,               -- in this order it was said, and is written
    device_no INTEGER NOT NULL REFERENCES devices (no),
    said_at   INTEGER NOT NULL,
    effects   TEXT    NOT NULL                   -- JSON
) STRICT;

CREATE INDEX alert_backlog_by_device ON alert_backlog (device_no, no);
