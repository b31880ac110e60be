-- What keeps trust.

-- A MAC of the head under the installation's secret, which is not in the database. Heads that exist are sealed in the
-- transaction of this step (src/kernel/db/migrate.rs), and never without one again.
ALTER TABLE journal_heads ADD COLUMN seal BLOB;

-- What a public form said of the vehicle, as JSON: customers see this until staff have taken the check-in on.
ALTER TABLE repairs ADD COLUMN submitted_vehicle TEXT;
