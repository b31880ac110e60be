-- The fleet: who works for which customers, and devices whose clocks are wrong.

-- Of the cold chain, a member who is linked to customers sees theirs alone; one without links sees all.
CREATE TABLE member_customers (
    org_id        BLOB NOT NULL,
    membership_id BLOB NOT NULL,
    customer_id   BLOB NOT NULL,
    PRIMARY KEY (org_id, membership_id, customer_id),
    FOREIGN KEY (org_id, membership_id) REFERENCES memberships (org_id, id),
    FOREIGN KEY (org_id, customer_id) REFERENCES customers (org_id, id)
) STRICT, WITHOUT ROWID;

-- When the newest reading arrived whose recorded time could not be right.
ALTER TABLE device_states ADD COLUMN clock_suspect_at INTEGER;
