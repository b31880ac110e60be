-- Accounts, their memberships in organisations, and sessions.

CREATE TABLE accounts (
    id            BLOB    NOT NULL PRIMARY KEY,
    email         TEXT    UNIQUE,               -- lower case
    phone         TEXT    UNIQUE,               -- digits, see phone_key
    name          TEXT    NOT NULL,
    password_hash TEXT,                         -- argon2id, PHC string; none while only invited
    created_at    INTEGER NOT NULL,
    CHECK (email IS NOT NULL OR phone IS NOT NULL)
) STRICT;

CREATE TABLE memberships (
    org_id      BLOB    NOT NULL REFERENCES organisations (id),
    id          BLOB    NOT NULL,
    account_id  BLOB    NOT NULL REFERENCES accounts (id),
    role        TEXT    NOT NULL,
    status      TEXT    NOT NULL CHECK (status IN ('active', 'suspended', 'terminated')),
    customer_id BLOB,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, account_id)
) STRICT;

CREATE INDEX memberships_by_account ON memberships (account_id);

-- Signed-in browsers and API clients. Ids and tokens are stored hashed: who reads this table cannot become anyone.
CREATE TABLE sessions (
    id            BLOB    NOT NULL PRIMARY KEY,
    kind          TEXT    NOT NULL CHECK (kind IN ('browser', 'api')),
    cookie_hash   BLOB    UNIQUE,               -- browser sessions: of the cookie's value
    account_id    BLOB    NOT NULL REFERENCES accounts (id),
    org_id        BLOB    NOT NULL REFERENCES organisations (id),
    user_agent    TEXT,
    address       TEXT,
    created_at    INTEGER NOT NULL,
    last_seen_at  INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    ended_at      INTEGER
) STRICT;

CREATE INDEX sessions_by_account ON sessions (account_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- The chain of refresh tokens of an API session; one presented twice ends the session.
CREATE TABLE refresh_tokens (
    token_hash BLOB    NOT NULL PRIMARY KEY,
    session_id BLOB    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER
) STRICT;

CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);

-- Failed sign-ins, for the limits. Shared by all servers on this database.
CREATE TABLE login_failures (
    address     TEXT    NOT NULL,
    account_key TEXT    NOT NULL,               -- the e-mail or phone that was tried, hashed
    at          INTEGER NOT NULL
) STRICT;

CREATE INDEX login_failures_by_address ON login_failures (address, at);
