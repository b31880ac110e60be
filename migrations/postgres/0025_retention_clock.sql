-- The time by which things are kept long enough: it follows the clock at a bounded speed. One row.
CREATE TABLE retention_clock (
    id          BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    believed_at BIGINT NOT NULL
);
