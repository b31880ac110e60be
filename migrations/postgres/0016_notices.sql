-- Notices: what members are told of. A follower of the journal gathers what belongs together into a group, and the group
-- is told when it is due: once, in the transaction that closes it.

CREATE TABLE notice_groups (
    org_id        UUID    NOT NULL REFERENCES organisations (id),
    id            UUID    NOT NULL,
    kind          TEXT    NOT NULL CHECK (kind IN ('opening', 'escalation', 'resolution')),
    alert_type    TEXT    NOT NULL,
    location_id   UUID    NOT NULL,
    location_name TEXT    NOT NULL,
    customer_id   UUID,                          -- whose location it was
    late          BOOLEAN NOT NULL,              -- found in readings that arrived late
    level         BIGINT  NOT NULL,              -- of an escalation, from 1; otherwise 0
    told_to       TEXT    NOT NULL,              -- JSON: roles and members of an escalation; otherwise empty
    quiet         BOOLEAN NOT NULL,              -- told in the application alone
    due_at        BIGINT  NOT NULL,
    told_at       BIGINT ,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, location_id) REFERENCES locations (org_id, id),
    FOREIGN KEY (org_id, customer_id) REFERENCES customers (org_id, id)
);

CREATE INDEX notice_groups_due ON notice_groups (due_at) WHERE told_at IS NULL;
CREATE INDEX notice_groups_by_place ON notice_groups (org_id, location_id, due_at);

-- What a group is about.
CREATE TABLE notice_alerts (
    org_id         UUID NOT NULL,
    group_id       UUID NOT NULL,
    alert_id       UUID NOT NULL,
    cold_cell_id   UUID NOT NULL,
    cold_cell_name TEXT NOT NULL,
    by_member      UUID,                         -- who closed the alert, and need not be told
    PRIMARY KEY (org_id, group_id, alert_id),
    FOREIGN KEY (org_id, group_id) REFERENCES notice_groups (org_id, id),
    FOREIGN KEY (org_id, alert_id) REFERENCES alerts (org_id, id),
    FOREIGN KEY (org_id, cold_cell_id) REFERENCES cold_cells (org_id, id)
);

CREATE INDEX notice_alerts_by_alert ON notice_alerts (org_id, alert_id);

-- What one member was told. The facts are as they were then.
CREATE TABLE notices (
    org_id       UUID    NOT NULL,
    id           UUID    NOT NULL,
    account_id   UUID    NOT NULL,
    group_id     UUID    NOT NULL,
    kind         TEXT    NOT NULL CHECK (kind IN ('opening', 'escalation', 'resolution')),
    location_id  UUID    NOT NULL,
    cold_cell_id UUID,                           -- where it is about one cell
    facts        TEXT    NOT NULL,               -- JSON
    in_app       BOOLEAN NOT NULL,               -- shown in the application, and not only sent
    created_at   BIGINT  NOT NULL,
    read_at      BIGINT ,
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, group_id, account_id),
    FOREIGN KEY (org_id, account_id) REFERENCES memberships (org_id, account_id),
    FOREIGN KEY (org_id, group_id) REFERENCES notice_groups (org_id, id),
    FOREIGN KEY (org_id, location_id) REFERENCES locations (org_id, id),
    FOREIGN KEY (org_id, cold_cell_id) REFERENCES cold_cells (org_id, id)
);

CREATE INDEX notices_by_account ON notices (org_id, account_id, created_at, id) WHERE in_app;
CREATE INDEX notices_unread ON notices (org_id, account_id) WHERE in_app AND read_at IS NULL;

-- What a member wants to be told, and how. Who has no row has the default.
CREATE TABLE notice_preferences (
    org_id     UUID NOT NULL,
    account_id UUID NOT NULL,
    wanted     TEXT NOT NULL,                    -- words such as email:opening, separated by spaces
    PRIMARY KEY (org_id, account_id),
    FOREIGN KEY (org_id, account_id) REFERENCES memberships (org_id, account_id)
);

-- The last day on which an organisation got the report of the day before.
CREATE TABLE day_reports (
    org_id UUID NOT NULL PRIMARY KEY REFERENCES organisations (id),
    day    TEXT NOT NULL                         -- YYYY-MM-DD where the organisation is
);

-- What happened before there were notices is told to nobody.
INSERT INTO follower_positions (follower, org_id, seq) SELECT 'notices', org_id, seq FROM journal_heads;
