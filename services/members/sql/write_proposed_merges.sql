INSERT INTO gratis_members.proposed_merge
  (partition, low, high, shared, times, first_seen, last_seen, dismissed_at, dismissed_by)
SELECT $1, low, high, shared, times, first_seen, last_seen, dismissed_at, dismissed_by
FROM unnest($2::uuid[], $3::uuid[], $4::smallint[], $5::bigint[], $6::timestamptz[], $7::timestamptz[],
            $8::timestamptz[], $9::text[])
  AS pair (low, high, shared, times, first_seen, last_seen, dismissed_at, dismissed_by)
ON CONFLICT (partition, low, high) DO UPDATE
SET shared = excluded.shared, times = excluded.times, last_seen = excluded.last_seen,
    dismissed_at = excluded.dismissed_at, dismissed_by = excluded.dismissed_by
