-- The unit that an organisation shows temperatures in. They are stored in °C.

ALTER TABLE organisations ADD COLUMN temperature_unit TEXT NOT NULL DEFAULT 'celsius'
    CHECK (temperature_unit IN ('celsius', 'fahrenheit'));
