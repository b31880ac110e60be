-- Open repairs in the order of their promised day, those without one last: what somebody works through.
CREATE INDEX repairs_by_due ON repairs
    (org_id, CAST(REPLACE(COALESCE(promised_date, '9999-12-31'), '-', '') AS BIGINT), id)
    WHERE status NOT IN ('delivered', 'cancelled');
