SELECT asked.member, found.data_key
FROM (SELECT DISTINCT partition, member FROM unnest($1::integer[], $2::uuid[])
        AS named (partition, member)) AS asked
CROSS JOIN LATERAL (
  SELECT m.data_key
  FROM gratis_members.member m
  WHERE m.partition = asked.partition AND m.member = asked.member
  LIMIT 1
) AS found
