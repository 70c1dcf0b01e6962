-- Keys may be rotated, bound to a store and limited; and it is known when they were last used.
ALTER TABLE house.api_key
  ADD COLUMN store            text NOT NULL DEFAULT '',
  ADD COLUMN calls_per_second integer NOT NULL DEFAULT 0 CHECK (calls_per_second >= 0),
  ADD COLUMN burst_calls      integer NOT NULL DEFAULT 0 CHECK (burst_calls >= calls_per_second),
  ADD COLUMN generation       integer NOT NULL DEFAULT 1 CHECK (generation >= 1),
  ADD COLUMN rotated_at       timestamptz,
  ADD COLUMN previous_hash    bytea CHECK (octet_length(previous_hash) = 32),
  ADD COLUMN previous_until   timestamptz,
  ADD COLUMN last_used_at     timestamptz,  -- the hour, noted late
  ADD CHECK ((previous_hash IS NULL) = (previous_until IS NULL));

GRANT UPDATE (label, calls_per_second, burst_calls, secret_hash, generation, rotated_at, previous_hash,
              previous_until, last_used_at)
  ON house.api_key TO gratis_poster;
