-- Who wrote a note, so that the name under it can be taken out with the person.
ALTER TABLE notes ADD COLUMN author_id UUID;

-- The journal knows: a note is written in the transaction of its entry, with the same time.
UPDATE notes SET author_id = (
    SELECT j.actor_id FROM journal j
    WHERE j.org_id = notes.org_id AND j.subject_kind = notes.subject_kind AND j.subject_id = notes.subject_id
    AND j.at = notes.created_at AND j.actor_kind = 'member' LIMIT 1
);

-- Of those who were taken out before this.
UPDATE notes SET author = 'Removed' WHERE EXISTS (
    SELECT 1 FROM memberships m
    JOIN journal j ON j.org_id = m.org_id AND j.subject_kind = 'account' AND j.subject_id = m.account_id
    WHERE m.org_id = notes.org_id AND m.id = notes.author_id AND j.action = 'audit.redacted'
);

CREATE INDEX notes_by_author ON notes (org_id, author_id);
