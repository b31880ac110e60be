-- Phone numbers are known by their form of E.164 and no longer by their last ten digits, which two people of different
-- countries may share. What a number is depends on where it was typed, so the program reads those that are stored.
ALTER TABLE organisations ADD COLUMN country TEXT;          -- ISO 3166-1; none: that of the installation
ALTER TABLE organisations ADD COLUMN numbers_read_in TEXT;  -- the country that stored numbers were read in last
-- Empty: by their last ten digits.
UPDATE organisations SET numbers_read_in = '';

-- A number may be several people's. The key is that of whom it finds alone, so that of two who come at once with a new number
-- one is made.
ALTER TABLE customers ADD COLUMN phone_number TEXT;
CREATE INDEX customers_by_number ON customers (org_id, phone_number);

-- Customers whose number somebody should look at: two people in one record, or two records with one number.
CREATE TABLE number_doubts (
    org_id      UUID    NOT NULL,
    customer_id UUID    NOT NULL,
    reason      TEXT    NOT NULL CHECK (reason IN ('several_people', 'shared_number')),
    other       TEXT,                           -- the other name or number that came with it
    created_at  BIGINT  NOT NULL,
    PRIMARY KEY (org_id, customer_id, reason),
    FOREIGN KEY (org_id, customer_id) REFERENCES customers (org_id, id)
);
