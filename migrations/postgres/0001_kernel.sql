-- Organisations and what every area uses. Ids are UUIDv7, times are milliseconds since 1970 UTC.

CREATE TABLE organisations (
    id           UUID    NOT NULL PRIMARY KEY,
    slug         TEXT    NOT NULL UNIQUE,
    name         TEXT    NOT NULL,
    areas        TEXT    NOT NULL,              -- words of the areas switched on, separated by spaces
    locale       TEXT    NOT NULL DEFAULT 'it',
    time_zone    TEXT    NOT NULL DEFAULT 'Europe/Rome',
    accent       TEXT    NOT NULL DEFAULT '#0f766e',
    created_at   BIGINT NOT NULL
);

-- The journal: append-only, one hash chain per organisation. journal_heads holds the end of each chain and is the row
-- that writers of one organisation queue on.
CREATE TABLE journal_heads (
    org_id UUID    NOT NULL PRIMARY KEY REFERENCES organisations (id),
    seq    BIGINT NOT NULL,
    hash   BYTEA    NOT NULL
);

CREATE TABLE journal (
    org_id         UUID    NOT NULL REFERENCES organisations (id),
    seq            BIGINT NOT NULL,
    at             BIGINT NOT NULL,
    actor_kind     TEXT    NOT NULL CHECK (actor_kind IN ('member', 'device', 'token', 'public', 'system')),
    actor_id       UUID,
    action         TEXT    NOT NULL,
    subject_kind   TEXT    NOT NULL,
    subject_id     UUID    NOT NULL,
    request_id     TEXT,
    -- The payload: what may be redacted on request. Only its digest is in the chain.
    before         TEXT,
    after          TEXT,
    reason         TEXT,
    address        TEXT,
    salt           BYTEA,
    redacted_at    BIGINT,
    payload_digest BYTEA    NOT NULL,
    prev_hash      BYTEA    NOT NULL,
    hash           BYTEA    NOT NULL,
    PRIMARY KEY (org_id, seq)
);

CREATE INDEX journal_by_subject ON journal (org_id, subject_kind, subject_id, seq);

CREATE FUNCTION refuse_journal_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal
FOR EACH ROW EXECUTE FUNCTION refuse_journal_change();

-- The one permitted change: emptying the payload, once, and leaving everything that is in the chain as it was.
CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal
FOR EACH ROW WHEN (NOT (
    OLD.redacted_at IS NULL AND NEW.redacted_at IS NOT NULL
    AND NEW.before IS NULL AND NEW.after IS NULL AND NEW.reason IS NULL AND NEW.address IS NULL AND NEW.salt IS NULL
    AND NEW.org_id = OLD.org_id AND NEW.seq = OLD.seq AND NEW.at = OLD.at
    AND NEW.actor_kind = OLD.actor_kind AND NEW.actor_id IS NOT DISTINCT FROM OLD.actor_id AND NEW.action = OLD.action
    AND NEW.subject_kind = OLD.subject_kind AND NEW.subject_id = OLD.subject_id
    AND NEW.request_id IS NOT DISTINCT FROM OLD.request_id
    AND NEW.payload_digest = OLD.payload_digest AND NEW.prev_hash = OLD.prev_hash AND NEW.hash = OLD.hash
)) EXECUTE FUNCTION refuse_journal_change();

-- TRUNCATE passes row triggers by.
CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON journal
FOR EACH STATEMENT EXECUTE FUNCTION refuse_journal_change();

CREATE TRIGGER journal_heads_no_delete BEFORE DELETE ON journal_heads
FOR EACH ROW EXECUTE FUNCTION refuse_journal_change();

-- How far each follower of the journal has come.
CREATE TABLE follower_positions (
    follower TEXT    NOT NULL,
    org_id   UUID    NOT NULL REFERENCES organisations (id),
    seq      BIGINT NOT NULL,
    PRIMARY KEY (follower, org_id)
);

-- Background work, enqueued in the transaction that causes it.
CREATE TABLE jobs (
    id          UUID    NOT NULL PRIMARY KEY,
    org_id      UUID    REFERENCES organisations (id),
    kind        TEXT    NOT NULL,
    payload     TEXT    NOT NULL,
    run_at      BIGINT NOT NULL,
    attempts    BIGINT NOT NULL DEFAULT 0,
    lease_until BIGINT,
    failed_at   BIGINT,
    last_error  TEXT,
    unique_key  TEXT    UNIQUE
);

CREATE INDEX jobs_due ON jobs (run_at) WHERE failed_at IS NULL;

-- The first answers to unsafe requests that carried an Idempotency-Key.
CREATE TABLE idempotent_answers (
    scope        TEXT    NOT NULL,              -- who asked: organisation and actor
    key          TEXT    NOT NULL,
    request_hash BYTEA    NOT NULL,
    status       BIGINT,                       -- NULL while the first request is still running
    body         BYTEA,
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (scope, key)
);

CREATE INDEX idempotent_answers_by_age ON idempotent_answers (created_at);

-- Stored files. The bytes lie in the file store under the id; images have a thumbnail beside them.
CREATE TABLE files (
    org_id       UUID    NOT NULL REFERENCES organisations (id),
    id           UUID    NOT NULL,
    subject_kind TEXT    NOT NULL,
    subject_id   UUID    NOT NULL,
    category     TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    content_type TEXT    NOT NULL,
    size         BIGINT NOT NULL,
    width        BIGINT,
    height       BIGINT,
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
);

CREATE INDEX files_by_subject ON files (org_id, subject_kind, subject_id, id);

-- Notes on work items.
CREATE TABLE notes (
    org_id       UUID    NOT NULL REFERENCES organisations (id),
    id           UUID    NOT NULL,
    subject_kind TEXT    NOT NULL,
    subject_id   UUID    NOT NULL,
    body         TEXT    NOT NULL,
    public       BOOLEAN NOT NULL,
    author       TEXT    NOT NULL,
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
);

CREATE INDEX notes_by_subject ON notes (org_id, subject_kind, subject_id, id);
