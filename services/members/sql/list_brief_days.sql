-- The days of visits of each who is asked for.
SELECT asked.member, found.day
FROM unnest($1::integer[], $2::uuid[]) AS asked (partition, member)
CROSS JOIN LATERAL (
  SELECT DISTINCT p.day
  FROM gratis_members.brief_purchase p
  WHERE p.partition = asked.partition AND p.member = asked.member
) AS found
