-- The lock of lock_migrations.sql, if nobody has it.
SELECT pg_try_advisory_xact_lock(7163106542308917)
