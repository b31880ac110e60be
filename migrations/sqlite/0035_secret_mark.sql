-- The secret that this database belongs to, by a MAC with it: a server with another one would spoil seals and links.
CREATE TABLE secret_mark (
    id    INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    mark  TEXT    NOT NULL,
    since INTEGER NOT NULL
) STRICT;
