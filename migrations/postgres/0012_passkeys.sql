-- Passkeys (WebAuthn): keys on people's phones and computers. Here is the public half, which is no secret.
CREATE TABLE passkeys (
    id            UUID    NOT NULL PRIMARY KEY,
    account_id    UUID    NOT NULL REFERENCES accounts (id),
    credential_id BYTEA   NOT NULL UNIQUE,
    name          TEXT    NOT NULL,
    passkey       TEXT    NOT NULL,              -- public key, counter and flags, as JSON
    created_at    BIGINT  NOT NULL,
    used_at       BIGINT
);

CREATE INDEX passkeys_by_account ON passkeys (account_id);

-- Questions that were answered, as long as they could be answered once more: each counts once.
CREATE TABLE spent_questions (
    id         UUID    NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);

CREATE INDEX spent_questions_by_expiry ON spent_questions (expires_at);

-- The passkey that a session began with, which is as good as a second factor.
ALTER TABLE sessions ADD COLUMN passkey_id UUID REFERENCES passkeys (id) ON DELETE SET NULL;

CREATE INDEX sessions_by_passkey ON sessions (passkey_id);
