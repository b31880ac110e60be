-- What people wrote as their phone number stays as they wrote it: what it is compared by has lost the country, and no SMS
-- finds the way abroad without it.
ALTER TABLE accounts RENAME COLUMN phone TO phone_key;
ALTER TABLE accounts ADD COLUMN phone TEXT;
UPDATE accounts SET phone = phone_key;
ALTER TABLE entry_links RENAME COLUMN phone TO phone_key;
ALTER TABLE entry_links ADD COLUMN phone TEXT;
UPDATE entry_links SET phone = phone_key;
