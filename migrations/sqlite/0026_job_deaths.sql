-- How often a worker has died with the job: what kills its workers is set aside long before what merely fails.
ALTER TABLE jobs ADD COLUMN deaths INTEGER NOT NULL DEFAULT 0;
