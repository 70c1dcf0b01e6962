-- The master key has several versions; the newest wraps what is new. The root, from which all other
-- secrets are derived, is kept wrapped by each version until that one is retired: nothing is wrapped
-- by it any more, and it may be thrown away. On a database from before there was a root, the first
-- master key itself is it, and is wrapped at the next start.
ALTER TABLE house.master_key
  ADD COLUMN root bytea,
  ADD COLUMN since timestamptz NOT NULL DEFAULT '-infinity',
  ADD COLUMN retired_at timestamptz,
  ADD CHECK (retired_at IS NULL OR root IS NULL);
ALTER TABLE house.master_key ALTER COLUMN since DROP DEFAULT;

GRANT UPDATE (root, retired_at) ON house.master_key TO gratis_poster;
