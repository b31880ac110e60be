-- Accounts, their memberships in organisations, and sessions.

CREATE TABLE accounts (
    id            UUID    NOT NULL PRIMARY KEY,
    email         TEXT    UNIQUE,               -- lower case
    phone         TEXT    UNIQUE,               -- digits, see phone_key
    name          TEXT    NOT NULL,
    password_hash TEXT,                         -- argon2id, PHC string; none while only invited
    created_at    BIGINT NOT NULL,
    CHECK (email IS NOT NULL OR phone IS NOT NULL)
);

CREATE TABLE memberships (
    org_id      UUID    NOT NULL REFERENCES organisations (id),
    id          UUID    NOT NULL,
    account_id  UUID    NOT NULL REFERENCES accounts (id),
    role        TEXT    NOT NULL,
    status      TEXT    NOT NULL CHECK (status IN ('active', 'suspended', 'terminated')),
    customer_id UUID,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, account_id)
);

CREATE INDEX memberships_by_account ON memberships (account_id);

-- Signed-in browsers and API clients. Ids and tokens are stored hashed: who reads this table cannot become anyone.
CREATE TABLE sessions (
    id            UUID    NOT NULL PRIMARY KEY,
    kind          TEXT    NOT NULL CHECK (kind IN ('browser', 'api')),
    cookie_hash   BYTEA    UNIQUE,               -- browser sessions: of the cookie's value
    account_id    UUID    NOT NULL REFERENCES accounts (id),
    org_id        UUID    NOT NULL REFERENCES organisations (id),
    user_agent    TEXT,
    address       TEXT,
    created_at    BIGINT NOT NULL,
    last_seen_at  BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    ended_at      BIGINT
);

CREATE INDEX sessions_by_account ON sessions (account_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- The chain of refresh tokens of an API session; one presented twice ends the session.
CREATE TABLE refresh_tokens (
    token_hash BYTEA    NOT NULL PRIMARY KEY,
    session_id UUID    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT
);

CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);

-- Failed sign-ins, for the limits. Shared by all servers on this database.
CREATE TABLE login_failures (
    address     TEXT    NOT NULL,
    account_key TEXT    NOT NULL,               -- the e-mail or phone that was tried, hashed
    at          BIGINT NOT NULL
);

CREATE INDEX login_failures_by_address ON login_failures (address, at);
