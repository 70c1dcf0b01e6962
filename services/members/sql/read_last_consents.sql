SELECT asked.member, last.number
FROM (SELECT DISTINCT member FROM unnest($2::uuid[]) AS named (member)) AS asked
CROSS JOIN LATERAL (
  SELECT c.number
  FROM gratis_members.consent c
  WHERE c.partition = $1 AND c.member = asked.member
  ORDER BY c.number DESC
  LIMIT 1
) AS last
