-- The ways in beside the password: links that let someone in once, the second factor, devices that are known.

-- An invitation, a confirmed registration, a forgotten password, the first start. The token is stored hashed.
CREATE TABLE entry_links (
    id            BLOB    NOT NULL PRIMARY KEY,
    token_hash    BLOB    NOT NULL UNIQUE,
    kind          TEXT    NOT NULL CHECK (kind IN ('invitation', 'registration', 'reset', 'setup')),
    org_id        BLOB    REFERENCES organisations (id),
    account_id    BLOB    REFERENCES accounts (id),     -- whose password is reset
    email         TEXT,                                 -- lower case: who is invited or registers, as what
    phone         TEXT,
    name          TEXT,
    role          TEXT,
    password_hash TEXT,                                 -- chosen at registration
    created_by    BLOB,
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    used_at       INTEGER,
    FOREIGN KEY (org_id, created_by) REFERENCES memberships (org_id, id)
) STRICT;

CREATE INDEX entry_links_by_organisation ON entry_links (org_id, kind, created_at);
CREATE INDEX entry_links_by_account ON entry_links (account_id);
CREATE INDEX entry_links_by_expiry ON entry_links (expires_at);

-- The second factor. Secrets are sealed with the installation's; a step that was used is not used again.
CREATE TABLE second_factors (
    account_id BLOB    NOT NULL PRIMARY KEY REFERENCES accounts (id),
    sealed     TEXT,                             -- in force; NULL until the first code was right
    pending    TEXT,                             -- shown, but no code was right yet
    last_step  INTEGER  NOT NULL DEFAULT 0,
    changed_at INTEGER  NOT NULL
) STRICT;

CREATE TABLE recovery_codes (
    account_id BLOB    NOT NULL REFERENCES accounts (id),
    code_hash  BLOB    NOT NULL,
    used_at    INTEGER,
    PRIMARY KEY (account_id, code_hash)
) STRICT;

-- When the person behind a session last proved who they are, for what must not be done from a browser left open.
ALTER TABLE sessions ADD COLUMN proved_at INTEGER NOT NULL DEFAULT 0;

-- Browsers that an account has signed in with: the failures of others do not lock these out.
CREATE TABLE known_devices (
    device_hash BLOB    NOT NULL,
    account_id  BLOB    NOT NULL REFERENCES accounts (id),
    seen_at     INTEGER NOT NULL,
    PRIMARY KEY (device_hash, account_id)
) STRICT;

CREATE INDEX known_devices_by_age ON known_devices (seen_at);

-- Who runs the installation: makes organisations, and sees none of their data without being a member.
ALTER TABLE accounts ADD COLUMN operator INTEGER NOT NULL DEFAULT 0 CHECK (operator IN (0, 1));
-- Nobody comes into an organisation that the operator has suspended.
ALTER TABLE organisations ADD COLUMN suspended_at INTEGER;
