-- A contact form that is sent twice with the same words makes one lead.
ALTER TABLE leads ADD COLUMN submission_key TEXT;
CREATE UNIQUE INDEX leads_by_submission ON leads (org_id, submission_key);
