-- Who used up a refresh token, as a MAC of network and program: the same client gets the same answer again for a moment.
ALTER TABLE refresh_tokens ADD COLUMN used_by BYTEA;

-- Failed sign-ins until they are journaled, gathered so that who guesses does not flood the journal. Whether there is such
-- an account is looked at then.
CREATE TABLE failed_sign_ins (
    account_key TEXT    NOT NULL,               -- what was tried, hashed
    network     TEXT    NOT NULL,               -- the client's; empty when there were too many to keep apart
    tried       TEXT    NOT NULL,               -- what was tried, sealed
    attempts    BIGINT NOT NULL,
    first_at    BIGINT NOT NULL,
    last_at     BIGINT NOT NULL,
    PRIMARY KEY (account_key, network)
);

CREATE INDEX failed_sign_ins_by_time ON failed_sign_ins (first_at);
