SELECT asked.member, found.lookup_key, found.preference, found.set_at
FROM (SELECT DISTINCT partition, member FROM unnest($1::integer[], $2::uuid[])
        AS named (partition, member)) AS asked
CROSS JOIN LATERAL (
  SELECT p.lookup_key, p.preference, p.set_at
  FROM gratis_members.preference p
  WHERE p.partition = asked.partition AND p.member = asked.member AND p.lookup_key = $3
  LIMIT 1
) AS found
