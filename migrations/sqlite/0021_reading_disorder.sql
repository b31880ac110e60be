-- Where readings came in another order than that of their times: the alerts of these stretches are gone through anew.
CREATE TABLE reading_disorder (
    device_no INTEGER NOT NULL REFERENCES devices (no),
    start_at  INTEGER NOT NULL,                     -- the stretch is an hour
    readings  INTEGER NOT NULL,                     -- how many came out of order
    noted_at  INTEGER NOT NULL,                     -- when the first of them came in
    PRIMARY KEY (device_no, start_at)
) STRICT, WITHOUT ROWID;

CREATE INDEX reading_disorder_by_time ON reading_disorder (noted_at);
