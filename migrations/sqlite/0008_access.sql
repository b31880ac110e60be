-- Roles of an organisation's own, and keys of programs.

-- Beside the built-in roles, which stand in the code.
CREATE TABLE roles (
    org_id      BLOB    NOT NULL REFERENCES organisations (id),
    name        TEXT    NOT NULL,               -- the word in memberships.role
    label       TEXT    NOT NULL,
    permissions TEXT    NOT NULL,               -- words of permissions, separated by spaces
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (org_id, name)
) STRICT;

-- Keys of programs, with the permissions of their own. Shown once, stored hashed.
CREATE TABLE api_tokens (
    org_id       BLOB    NOT NULL,
    id           BLOB    NOT NULL,
    name         TEXT    NOT NULL,
    permissions  TEXT    NOT NULL,
    token_hash   BLOB    NOT NULL UNIQUE,
    created_by   BLOB    NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    last_used_at INTEGER,
    revoked_at   INTEGER,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, created_by) REFERENCES memberships (org_id, id)
) STRICT;
