-- PostgreSQL keeps readings in a partition for each week, and cannot see by itself whether a device's seq occurs in another
-- one: this tells what cannot be there yet. Here the table's key sees it; the column keeps the two schemas alike.

ALTER TABLE device_states ADD COLUMN highest_seq INTEGER;
UPDATE device_states SET highest_seq =
    (SELECT MAX(dedupe_key) FROM readings r WHERE r.device_no = device_states.device_no AND r.dedupe_kind = 0);
