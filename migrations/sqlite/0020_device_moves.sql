-- Where devices stood before they were moved: a reading belongs to the cell in which it was measured, also when it
-- arrives after the move.
CREATE TABLE device_moves (
    device_no INTEGER NOT NULL REFERENCES devices (no),
    moved_at  INTEGER NOT NULL,                -- until then it stood in this cell
    cell_no   INTEGER NOT NULL REFERENCES cold_cells (no),
    PRIMARY KEY (device_no, moved_at)
) STRICT, WITHOUT ROWID;

-- Since when it stands in its cell; none where that has been so from the beginning.
ALTER TABLE devices ADD COLUMN moved_at INTEGER;
