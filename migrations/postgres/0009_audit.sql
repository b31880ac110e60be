-- What the audit page filters the journal by. Every filter has an index that ends with the number, so that a page costs
-- the same wherever it begins.

-- The part of an action before its dot.
ALTER TABLE journal ADD COLUMN area TEXT GENERATED ALWAYS AS (split_part(action, '.', 1)) STORED;

CREATE INDEX journal_by_area ON journal (org_id, area, seq);
CREATE INDEX journal_by_action ON journal (org_id, action, seq);
CREATE INDEX journal_by_actor ON journal (org_id, actor_id, seq);
CREATE INDEX journal_by_actor_kind ON journal (org_id, actor_kind, seq);
CREATE INDEX journal_by_subject_kind ON journal (org_id, subject_kind, seq);
CREATE INDEX journal_by_time ON journal (org_id, at, seq);
