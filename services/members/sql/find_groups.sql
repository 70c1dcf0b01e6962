-- Which of these members are groups.
SELECT asked.member
FROM unnest($1::integer[], $2::uuid[]) AS asked (partition, member)
CROSS JOIN LATERAL (
  SELECT
  FROM gratis_members.member_group g
  WHERE g.partition = asked.partition AND g.holder = asked.member
  LIMIT 1
) AS found
