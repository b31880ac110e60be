-- Organisations and what every area uses. Ids are UUIDv7 (16 bytes), times are milliseconds since 1970 UTC.

CREATE TABLE organisations (
    id           BLOB    NOT NULL PRIMARY KEY,
    slug         TEXT    NOT NULL UNIQUE,
    name         TEXT    NOT NULL,
    areas        TEXT    NOT NULL,              -- words of the areas switched on, separated by spaces
    locale       TEXT    NOT NULL DEFAULT 'it',
    time_zone    TEXT    NOT NULL DEFAULT 'Europe/Rome',
    accent       TEXT    NOT NULL DEFAULT '#0f766e',
    created_at   INTEGER NOT NULL
) STRICT;

-- The journal: append-only, one hash chain per organisation. journal_heads holds the end of each chain and is the row
-- that writers of one organisation queue on.
CREATE TABLE journal_heads (
    org_id BLOB    NOT NULL PRIMARY KEY REFERENCES organisations (id),
    seq    INTEGER NOT NULL,
    hash   BLOB    NOT NULL
) STRICT;

CREATE TABLE journal (
    org_id         BLOB    NOT NULL REFERENCES organisations (id),
    seq            INTEGER NOT NULL,
    at             INTEGER NOT NULL,
    actor_kind     TEXT    NOT NULL CHECK (actor_kind IN ('member', 'device', 'token', 'public', 'system')),
    actor_id       BLOB,
    action         TEXT    NOT NULL,
    subject_kind   TEXT    NOT NULL,
    subject_id     BLOB    NOT NULL,
    request_id     TEXT,
    -- The payload: what may be redacted on request. Only its digest is in the chain.
    before         TEXT,
    after          TEXT,
    reason         TEXT,
    address        TEXT,
    salt           BLOB,
    redacted_at    INTEGER,
    payload_digest BLOB    NOT NULL,
    prev_hash      BLOB    NOT NULL,
    hash           BLOB    NOT NULL,
    PRIMARY KEY (org_id, seq)
) STRICT;

CREATE INDEX journal_by_subject ON journal (org_id, subject_kind, subject_id, seq);

CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;

-- The one permitted change: emptying the payload, once, and leaving everything that is in the chain as it was.
CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal
WHEN NOT (
    OLD.redacted_at IS NULL AND NEW.redacted_at IS NOT NULL
    AND NEW.before IS NULL AND NEW.after IS NULL AND NEW.reason IS NULL AND NEW.address IS NULL AND NEW.salt IS NULL
    AND NEW.org_id = OLD.org_id AND NEW.seq = OLD.seq AND NEW.at = OLD.at
    AND NEW.actor_kind = OLD.actor_kind AND NEW.actor_id IS OLD.actor_id AND NEW.action = OLD.action
    AND NEW.subject_kind = OLD.subject_kind AND NEW.subject_id = OLD.subject_id AND NEW.request_id IS OLD.request_id
    AND NEW.payload_digest = OLD.payload_digest AND NEW.prev_hash = OLD.prev_hash AND NEW.hash = OLD.hash
)
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;

CREATE TRIGGER journal_heads_no_delete BEFORE DELETE ON journal_heads
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;

-- How far each follower of the journal has come.
CREATE TABLE follower_positions (
    follower TEXT    NOT NULL,
    org_id   BLOB    NOT NULL REFERENCES organisations (id),
    seq      INTEGER NOT NULL,
    PRIMARY KEY (follower, org_id)
) STRICT;

-- Background work, enqueued in the transaction that causes it.
CREATE TABLE jobs (
    id          BLOB    NOT NULL PRIMARY KEY,
    org_id      BLOB    REFERENCES organisations (id),
    kind        TEXT    NOT NULL,
    payload     TEXT    NOT NULL,
    run_at      INTEGER NOT NULL,
    attempts    INTEGER NOT NULL DEFAULT 0,
    lease_until INTEGER,
    failed_at   INTEGER,
    last_error  TEXT,
    unique_key  TEXT    UNIQUE
) STRICT;

CREATE INDEX jobs_due ON jobs (run_at) WHERE failed_at IS NULL;

-- The first answers to unsafe requests that carried an Idempotency-Key.
CREATE TABLE idempotent_answers (
    scope        TEXT    NOT NULL,              -- who asked: organisation and actor
    key          TEXT    NOT NULL,
    request_hash BLOB    NOT NULL,
    status       INTEGER,                       -- NULL while the first request is still running
    body         BLOB,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT;

CREATE INDEX idempotent_answers_by_age ON idempotent_answers (created_at);

-- Stored files. The bytes lie in the file store under the id; images have a thumbnail beside them.
CREATE TABLE files (
    org_id       BLOB    NOT NULL REFERENCES organisations (id),
    id           BLOB    NOT NULL,
    subject_kind TEXT    NOT NULL,
    subject_id   BLOB    NOT NULL,
    category     TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    content_type TEXT    NOT NULL,
    size         INTEGER NOT NULL,
    width        INTEGER,
    height       INTEGER,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (org_id, id)
) STRICT;

CREATE INDEX files_by_subject ON files (org_id, subject_kind, subject_id, id);

-- Notes on work items.
CREATE TABLE notes (
    org_id       BLOB    NOT NULL REFERENCES organisations (id),
    id           BLOB    NOT NULL,
    subject_kind TEXT    NOT NULL,
    subject_id   BLOB    NOT NULL,
    body         TEXT    NOT NULL,
    public       INTEGER NOT NULL,
    author       TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (org_id, id)
) STRICT;

CREATE INDEX notes_by_subject ON notes (org_id, subject_kind, subject_id, id);
