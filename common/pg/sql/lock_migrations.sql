-- One number for all of the engine's migrations in this database. Held until the transaction ends.
SELECT pg_advisory_xact_lock(7163106542308917)
