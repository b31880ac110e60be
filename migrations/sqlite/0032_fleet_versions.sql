-- Raised with each change by a person, so that who has seen an older state is told instead of overwriting a newer one.
ALTER TABLE locations ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE cold_cells ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
