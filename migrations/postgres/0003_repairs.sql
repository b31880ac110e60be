-- Customers, vehicles and repairs.

CREATE TABLE customers (
    org_id     UUID    NOT NULL REFERENCES organisations (id),
    id         UUID    NOT NULL,
    name       TEXT    NOT NULL,
    phone      TEXT    NOT NULL,                -- as it was typed
    phone_key  TEXT,                            -- digits for comparison; none for customers without a phone
    email      TEXT,
    version    BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, phone_key)
);

CREATE TABLE vehicles (
    org_id      UUID    NOT NULL REFERENCES organisations (id),
    id          UUID    NOT NULL,
    customer_id UUID,
    plate       TEXT    NOT NULL,               -- as it was typed
    plate_key   TEXT    NOT NULL,               -- letters and digits, upper case
    brand       TEXT,
    model       TEXT,
    year        BIGINT,
    vin         TEXT,
    version     BIGINT NOT NULL DEFAULT 1,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, plate_key),
    FOREIGN KEY (org_id, customer_id) REFERENCES customers (org_id, id)
);

CREATE TABLE repairs (
    org_id            UUID    NOT NULL REFERENCES organisations (id),
    id                UUID    NOT NULL,
    tracking_code     TEXT    NOT NULL UNIQUE CHECK (length(tracking_code) = 6),
    status            TEXT    NOT NULL CHECK (status IN (
        'pre_checkin', 'confirmed', 'accepted', 'disassembly', 'bodywork', 'painting', 'reassembly',
        'quality_check', 'ready', 'delivered', 'waiting_parts', 'cancelled')),
    waiting_from      TEXT,                     -- while waiting for parts: the step that was left
    repair_type       TEXT    NOT NULL CHECK (repair_type IN ('collision', 'cosmetic', 'mechanical')),
    customer_id       UUID    NOT NULL,
    vehicle_id        UUID    NOT NULL,
    assignee_id       UUID,
    -- What a public form said, when it differs from what staff know: a suggestion, never an overwrite.
    submitted_name    TEXT,
    submitted_email   TEXT,
    accident_date     TEXT,
    accident_place    TEXT,
    insurance_company TEXT,
    policy_number     TEXT,
    preferred_date    TEXT,
    preferred_time    TEXT,
    notes             TEXT,
    appointment_at    BIGINT,
    promised_date     TEXT,
    submission_key    TEXT,                     -- of the public form: sent twice, it makes one repair
    search            TEXT    NOT NULL,         -- lower-cased words that the list is searched by
    version           BIGINT NOT NULL DEFAULT 1,
    created_at        BIGINT NOT NULL,
    updated_at        BIGINT NOT NULL,
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, submission_key),
    FOREIGN KEY (org_id, customer_id) REFERENCES customers (org_id, id),
    FOREIGN KEY (org_id, vehicle_id) REFERENCES vehicles (org_id, id),
    FOREIGN KEY (org_id, assignee_id) REFERENCES memberships (org_id, id)
);

CREATE INDEX repairs_by_creation ON repairs (org_id, created_at, id);
CREATE INDEX repairs_by_update ON repairs (org_id, updated_at, id);
CREATE INDEX repairs_by_status ON repairs (org_id, status, updated_at, id);
CREATE INDEX repairs_by_status_creation ON repairs (org_id, status, created_at, id);
CREATE INDEX repairs_by_customer ON repairs (org_id, customer_id);
CREATE INDEX repairs_by_vehicle ON repairs (org_id, vehicle_id);
CREATE INDEX repairs_by_assignee ON repairs (org_id, assignee_id, updated_at, id);
