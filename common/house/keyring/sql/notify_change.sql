-- Heard by those who listen, once this is committed.
SELECT pg_notify($1, '')
