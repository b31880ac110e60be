-- Passkeys (WebAuthn): keys on people's phones and computers. Here is the public half, which is no secret.
CREATE TABLE passkeys (
    id            BLOB    NOT NULL PRIMARY KEY,
    account_id    BLOB    NOT NULL REFERENCES accounts (id),
    credential_id BLOB    NOT NULL UNIQUE,
    name          TEXT    NOT NULL,
    passkey       TEXT    NOT NULL,              -- public key, counter and flags, as JSON
    created_at    INTEGER NOT NULL,
    used_at       INTEGER
) STRICT;

CREATE INDEX passkeys_by_account ON passkeys (account_id);

-- Questions that were answered, as long as they could be answered once more: each counts once.
CREATE TABLE spent_questions (
    id         BLOB    NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX spent_questions_by_expiry ON spent_questions (expires_at);

-- The passkey that a session began with, which is as good as a second factor.
ALTER TABLE sessions ADD COLUMN passkey_id BLOB REFERENCES passkeys (id) ON DELETE SET NULL;

CREATE INDEX sessions_by_passkey ON sessions (passkey_id);
