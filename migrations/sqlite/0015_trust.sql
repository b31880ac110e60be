-- What may be trusted.

-- Whether staff has written a customer's e-mail address down. One from a public form binds no account to the record.
ALTER TABLE customers ADD COLUMN email_by_staff INTEGER NOT NULL DEFAULT 0 CHECK (email_by_staff IN (0, 1));

-- INSERT OR REPLACE deletes without asking the triggers for deleting.
CREATE TRIGGER journal_no_replace BEFORE INSERT ON journal
WHEN EXISTS (SELECT 1 FROM journal WHERE org_id = NEW.org_id AND seq = NEW.seq)
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;

CREATE TRIGGER journal_heads_no_replace BEFORE INSERT ON journal_heads
WHEN EXISTS (SELECT 1 FROM journal_heads WHERE org_id = NEW.org_id)
BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;
