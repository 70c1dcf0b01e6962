INSERT INTO gratis_members.tier_fact (partition, member, seq, transaction, counted_at, unit, points,
                               returned, spend, purchase)
SELECT $1, member, seq, transaction, counted_at, unit, points, returned, spend, purchase
FROM unnest($2::uuid[], $3::bigint[], $4::uuid[], $5::timestamptz[], $6::smallint[], $7::bigint[],
            $8::bigint[], $9::bigint[], $10::boolean[])
  AS facts (member, seq, transaction, counted_at, unit, points, returned, spend, purchase)
ON CONFLICT (partition, member, seq) DO UPDATE SET returned = excluded.returned
