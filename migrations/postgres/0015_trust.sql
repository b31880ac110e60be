-- What may be trusted.

-- Whether staff has written a customer's e-mail address down. One from a public form binds no account to the record.
ALTER TABLE customers ADD COLUMN email_by_staff BOOLEAN NOT NULL DEFAULT FALSE;
