-- What the alert engine has said of a device and its alerts do not show yet. When many devices cross a limit at once, it
-- is stored with their readings and written as alerts soon after.
CREATE TABLE alert_backlog (
    -- In this order it was said, and is written: a device's row is locked by whoever takes a number.
    no        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_no BIGINT NOT NULL REFERENCES devices (no),
    said_at   BIGINT NOT NULL,
    effects   TEXT   NOT NULL                   -- JSON
);

CREATE INDEX alert_backlog_by_device ON alert_backlog (device_no, no);
