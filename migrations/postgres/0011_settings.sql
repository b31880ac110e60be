-- What an organisation settles for itself.

ALTER TABLE organisations ADD COLUMN currency TEXT NOT NULL DEFAULT 'EUR';              -- ISO 4217
ALTER TABLE organisations ADD COLUMN opening_hours TEXT NOT NULL DEFAULT '[]';          -- JSON: day, from, to
ALTER TABLE organisations ADD COLUMN public_forms TEXT NOT NULL DEFAULT 'check_in contact photos';
ALTER TABLE organisations ADD COLUMN self_registration BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE organisations ADD COLUMN second_factor_roles TEXT NOT NULL DEFAULT '';      -- words, separated by spaces
ALTER TABLE organisations ADD COLUMN session_idle_hours BIGINT NOT NULL DEFAULT 168;
ALTER TABLE organisations ADD COLUMN session_absolute_hours BIGINT NOT NULL DEFAULT 720;
ALTER TABLE organisations ADD COLUMN logo_id UUID;
ALTER TABLE organisations ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
