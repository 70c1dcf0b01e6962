-- Which incarnation of the database this is, and whether something was done again for just this one. It is
-- another when PostgreSQL was started since, as it is on a data folder that was put back; when the database
-- was made since, from a dump or as another's copy; and when the tables were that say who is a member. Those
-- are looked for by name, since this is asked before there are all of them.
SELECT present.incarnation, redone.what IS NOT NULL
FROM (
  SELECT concat_ws(' ',
    extract(epoch FROM pg_postmaster_start_time()),
    (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()),
    (SELECT string_agg(concat(c.oid, '/', c.relfilenode), ' ' ORDER BY n.nspname, c.relname)
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE (n.nspname, c.relname) IN (('ledger', 'holder'), ('gratis_members', 'member')))) AS incarnation
) AS present
LEFT JOIN house.redone ON redone.what = $1 AND redone.incarnation = present.incarnation
