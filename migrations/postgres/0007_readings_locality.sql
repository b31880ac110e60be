-- What a reading writes lies close together: its three buckets side by side, and no index that no query reads. Pages
-- written per commit are what ingestion costs.

DROP INDEX readings_by_cell;

ALTER TABLE reading_buckets DROP CONSTRAINT reading_buckets_pkey;
ALTER TABLE reading_buckets ADD PRIMARY KEY (cell_no, start_at, span);
