-- Which of these days are visits that are known.
SELECT asked.member, asked.day
FROM unnest($2::uuid[], $3::date[]) AS asked (member, day)
CROSS JOIN LATERAL (
  SELECT 1
  FROM gratis_members.brief_purchase p
  WHERE p.partition = $1 AND p.member = asked.member AND p.day = asked.day
  LIMIT 1
) AS found
