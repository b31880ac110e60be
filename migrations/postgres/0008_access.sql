-- Roles of an organisation's own, and keys of programs.

-- Beside the built-in roles, which stand in the code.
CREATE TABLE roles (
    org_id      UUID    NOT NULL REFERENCES organisations (id),
    name        TEXT    NOT NULL,               -- the word in memberships.role
    label       TEXT    NOT NULL,
    permissions TEXT    NOT NULL,               -- words of permissions, separated by spaces
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (org_id, name)
);

-- Keys of programs, with the permissions of their own. Shown once, stored hashed.
CREATE TABLE api_tokens (
    org_id       UUID    NOT NULL,
    id           UUID    NOT NULL,
    name         TEXT    NOT NULL,
    permissions  TEXT    NOT NULL,
    token_hash   BYTEA    NOT NULL UNIQUE,
    created_by   UUID    NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT,
    last_used_at BIGINT,
    revoked_at   BIGINT,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, created_by) REFERENCES memberships (org_id, id)
);
