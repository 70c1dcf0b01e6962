-- All of each who is asked for: which may still count depends on what is being asked for with them.
SELECT asked.member, found.*
FROM unnest($1::integer[], $2::uuid[]) AS asked (partition, member)
CROSS JOIN LATERAL (
  SELECT f.seq, f.transaction, f.counted_at, f.unit, f.points, f.returned, f.spend, f.purchase,
         f.whose, f.via
  FROM gratis_members.tier_fact f
  WHERE f.partition = asked.partition AND f.member = asked.member
  ORDER BY f.seq
  LIMIT 1000000
) AS found
