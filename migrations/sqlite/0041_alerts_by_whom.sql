-- Which member reacted to an alert or asked for silence, so that the name beside it can be taken out with the person.
ALTER TABLE alerts ADD COLUMN acknowledged_by_id BLOB;
ALTER TABLE alerts ADD COLUMN resolved_by_id BLOB;
ALTER TABLE silences ADD COLUMN created_by_id BLOB;

-- The journal knows: each is written in the transaction of its entry, with the same time.
UPDATE alerts SET acknowledged_by_id = (
    SELECT j.actor_id FROM journal j
    WHERE j.org_id = alerts.org_id AND j.subject_kind = 'alert' AND j.subject_id = alerts.id
    AND j.action = 'alerts.acknowledged' AND j.actor_kind = 'member' LIMIT 1
) WHERE acknowledged_by IS NOT NULL;
UPDATE alerts SET resolved_by_id = (
    SELECT j.actor_id FROM journal j
    WHERE j.org_id = alerts.org_id AND j.subject_kind = 'alert' AND j.subject_id = alerts.id
    AND j.action = 'alerts.resolved' AND j.actor_kind = 'member' LIMIT 1
) WHERE resolved_by IS NOT NULL;
-- Note was taken of what was over of a trouble together with the alert that somebody reacted to, which has the entry.
UPDATE alerts SET acknowledged_by_id = (
    SELECT j.actor_id FROM journal j
    WHERE j.org_id = alerts.org_id AND j.at = alerts.acknowledged_at AND j.subject_kind = 'alert'
    AND j.action IN ('alerts.acknowledged', 'alerts.resolved') AND j.actor_kind = 'member' LIMIT 1
) WHERE acknowledged_by IS NOT NULL AND acknowledged_by_id IS NULL AND (
    SELECT COUNT(DISTINCT j.actor_id) FROM journal j
    WHERE j.org_id = alerts.org_id AND j.at = alerts.acknowledged_at AND j.subject_kind = 'alert'
    AND j.action IN ('alerts.acknowledged', 'alerts.resolved')
) = 1;
UPDATE silences SET created_by_id = (
    SELECT j.actor_id FROM journal j
    WHERE j.org_id = silences.org_id AND j.at = silences.created_at AND j.action = 'cold_chain.silence_started'
    AND j.subject_id = COALESCE(silences.cold_cell_id, silences.location_id) AND j.actor_kind = 'member' LIMIT 1
);

-- Of those who were taken out before this. Their notes have lost the name, and must not find it again in an account that
-- goes on elsewhere.
UPDATE alerts SET acknowledged_by = 'Removed', acknowledged_by_id = NULL WHERE EXISTS (
    SELECT 1 FROM memberships m
    JOIN journal j ON j.org_id = m.org_id AND j.subject_kind = 'account' AND j.subject_id = m.account_id
    WHERE m.org_id = alerts.org_id AND m.id = alerts.acknowledged_by_id AND j.action = 'audit.redacted'
);
UPDATE alerts SET resolved_by = 'Removed', resolved_by_id = NULL WHERE EXISTS (
    SELECT 1 FROM memberships m
    JOIN journal j ON j.org_id = m.org_id AND j.subject_kind = 'account' AND j.subject_id = m.account_id
    WHERE m.org_id = alerts.org_id AND m.id = alerts.resolved_by_id AND j.action = 'audit.redacted'
);
UPDATE silences SET created_by = 'Removed', created_by_id = NULL WHERE EXISTS (
    SELECT 1 FROM memberships m
    JOIN journal j ON j.org_id = m.org_id AND j.subject_kind = 'account' AND j.subject_id = m.account_id
    WHERE m.org_id = silences.org_id AND m.id = silences.created_by_id AND j.action = 'audit.redacted'
);
UPDATE notes SET author_id = NULL WHERE author = 'Removed';

CREATE INDEX alerts_by_acknowledger ON alerts (org_id, acknowledged_by_id) WHERE acknowledged_by_id IS NOT NULL;
CREATE INDEX alerts_by_resolver ON alerts (org_id, resolved_by_id) WHERE resolved_by_id IS NOT NULL;
