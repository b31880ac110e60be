-- Which member reacted to an alert or asked for silence, so that the name beside it can be taken out with the person.
ALTER TABLE alerts ADD COLUMN acknowledged_by_id BLOB;
ALTER TABLE alerts ADD COLUMN resolved_by_id BLOB;
ALTER TABLE silences ADD COLUMN created_by_id BLOB;

-- The journal knows. What closes an alert takes note of what was over of its trouble, too, without an entry of its own:
-- there the name has to be that of one member.
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
UPDATE alerts SET acknowledged_by_id = (
    SELECT m.id FROM memberships m JOIN accounts a ON a.id = m.account_id
    WHERE m.org_id = alerts.org_id AND a.name = alerts.acknowledged_by LIMIT 1
) WHERE acknowledged_by IS NOT NULL AND acknowledged_by_id IS NULL AND (
    SELECT COUNT(*) FROM memberships m JOIN accounts a ON a.id = m.account_id
    WHERE m.org_id = alerts.org_id AND a.name = alerts.acknowledged_by
) = 1;

CREATE INDEX alerts_by_acknowledger ON alerts (org_id, acknowledged_by_id) WHERE acknowledged_by_id IS NOT NULL;
CREATE INDEX alerts_by_resolver ON alerts (org_id, resolved_by_id) WHERE resolved_by_id IS NOT NULL;
