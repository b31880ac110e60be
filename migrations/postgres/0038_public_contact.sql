-- How an organisation is reached, for its public pages. Nothing is shown of what is not given.

ALTER TABLE organisations ADD COLUMN public_phone TEXT;
ALTER TABLE organisations ADD COLUMN public_address TEXT;
ALTER TABLE organisations ADD COLUMN privacy_notice TEXT;   -- a text, or the address of one
