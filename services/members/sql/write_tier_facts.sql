INSERT INTO gratis_members.tier_fact (partition, member, seq, transaction, counted_at, unit, points,
                               returned, spend, purchase, whose, via)
SELECT $1, member, seq, transaction, counted_at, unit, points, returned, spend, purchase, whose, via
FROM unnest($2::uuid[], $3::bigint[], $4::uuid[], $5::timestamptz[], $6::smallint[], $7::bigint[],
            $8::bigint[], $9::bigint[], $10::boolean[], $11::uuid[], $12::uuid[])
  AS facts (member, seq, transaction, counted_at, unit, points, returned, spend, purchase, whose,
            via)
ON CONFLICT (partition, member, seq, whose) DO UPDATE SET returned = excluded.returned
