-- Those that may count, by each member's own horizon, and those that are named.
SELECT asked.member, found.*
FROM unnest($2::uuid[], $3::timestamptz[]) AS asked (member, horizon)
CROSS JOIN LATERAL (
  SELECT f.seq, f.transaction, f.counted_at, f.unit, f.points, f.returned, f.spend, f.purchase,
         f.whose, f.via
  FROM gratis_members.tier_fact f
  WHERE f.partition = $1 AND f.member = asked.member
    AND (f.counted_at >= asked.horizon OR f.seq = ANY ($4::bigint[]))
) AS found
