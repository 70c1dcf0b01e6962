INSERT INTO gratis_members.tier_member (partition, member, enrolled_at, as_of, version, rank, since,
                                 short_since, held_until, next_due, planned, segments)
SELECT $1, member, enrolled_at, as_of, version, rank, since, short_since, held_until, next_due, $11,
       segments
FROM unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::integer[], $6::integer[],
            $7::timestamptz[], $8::timestamptz[], $9::timestamptz[], $10::timestamptz[], $12::text[])
  AS stands (member, enrolled_at, as_of, version, rank, since, short_since, held_until, next_due,
             segments)
ON CONFLICT (partition, member) DO UPDATE
SET as_of = excluded.as_of, version = excluded.version, rank = excluded.rank, since = excluded.since,
    short_since = excluded.short_since, held_until = excluded.held_until,
    next_due = excluded.next_due, planned = excluded.planned, segments = excluded.segments
