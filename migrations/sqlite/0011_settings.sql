-- What an organisation settles for itself.

ALTER TABLE organisations ADD COLUMN currency TEXT NOT NULL DEFAULT 'EUR';              -- ISO 4217
ALTER TABLE organisations ADD COLUMN opening_hours TEXT NOT NULL DEFAULT '[]';          -- JSON: day, from, to
ALTER TABLE organisations ADD COLUMN public_forms TEXT NOT NULL DEFAULT 'check_in contact photos';
ALTER TABLE organisations ADD COLUMN self_registration INTEGER NOT NULL DEFAULT 0;
ALTER TABLE organisations ADD COLUMN second_factor_roles TEXT NOT NULL DEFAULT '';      -- words, separated by spaces
ALTER TABLE organisations ADD COLUMN session_idle_hours INTEGER NOT NULL DEFAULT 168;
ALTER TABLE organisations ADD COLUMN session_absolute_hours INTEGER NOT NULL DEFAULT 720;
ALTER TABLE organisations ADD COLUMN logo_id BLOB;
ALTER TABLE organisations ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
