SELECT asked.member, found.lookup_key
FROM (SELECT DISTINCT member FROM unnest($2::uuid[]) AS named (member)) AS asked
CROSS JOIN LATERAL (
  SELECT p.lookup_key
  FROM gratis_members.preference p
  WHERE p.partition = $1 AND p.member = asked.member
  OFFSET 0
) AS found
