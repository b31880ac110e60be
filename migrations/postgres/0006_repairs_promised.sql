-- Repairs that can miss their promised day: the number on the home page, and the list behind it.
CREATE INDEX repairs_by_promise ON repairs (org_id, promised_date)
    WHERE promised_date IS NOT NULL AND status NOT IN ('ready', 'delivered', 'cancelled');
