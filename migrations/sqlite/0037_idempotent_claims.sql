-- A claim is written in the transaction of the work that it stands for: there is no claim without work, and after a
-- crash no work without its claim. An answer that was lost leaves its status empty.
ALTER TABLE idempotent_answers ADD COLUMN claim BLOB;   -- which run of the request wrote the row
ALTER TABLE idempotent_answers ADD COLUMN made_id BLOB; -- what the work was about, for who asks again
