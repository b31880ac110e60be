-- Leads from public websites.

CREATE TABLE leads (
    org_id          BLOB    NOT NULL REFERENCES organisations (id),
    id              BLOB    NOT NULL,
    status          TEXT    NOT NULL CHECK (status IN ('new', 'contacted', 'qualified', 'converted', 'lost')),
    lead_type       TEXT    NOT NULL CHECK (lead_type IN ('service', 'training', 'equipment', 'staff', 'teacher')),
    name            TEXT    NOT NULL,
    phone           TEXT    NOT NULL,           -- as it was typed
    phone_key       TEXT    NOT NULL,           -- digits for comparison
    email           TEXT,
    city_name       TEXT,
    message         TEXT,
    earlier_lead_id BLOB,                       -- the same phone number within 30 days
    quarantine      TEXT CHECK (quarantine IN ('hidden_field', 'too_fast', 'links')),
    search          TEXT    NOT NULL,           -- lower-cased words that the list is searched by
    version         INTEGER NOT NULL DEFAULT 1,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, earlier_lead_id) REFERENCES leads (org_id, id)
) STRICT;

CREATE INDEX leads_by_creation ON leads (org_id, created_at, id);
CREATE INDEX leads_by_status ON leads (org_id, status, created_at, id);
CREATE INDEX leads_by_phone ON leads (org_id, phone_key, created_at);
