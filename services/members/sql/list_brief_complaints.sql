-- The oldest few of each who is asked for.
SELECT asked.member, found.complaint, found.topic, found.purchase, found.opened_at
FROM unnest($1::integer[], $2::uuid[]) AS asked (partition, member)
CROSS JOIN LATERAL (
  SELECT c.complaint, c.topic, c.purchase, c.opened_at
  FROM gratis_members.brief_complaint c
  WHERE c.partition = asked.partition AND c.member = asked.member
  ORDER BY c.complaint
  LIMIT $3
) AS found
