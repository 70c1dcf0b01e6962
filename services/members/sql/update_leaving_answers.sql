-- See update_profiles.
UPDATE gratis_members.member AS m
SET leaving_answer = n.leaving_answer
FROM unnest($2::uuid[], $3::bytea[]) AS n (member, leaving_answer)
CROSS JOIN LATERAL (
  SELECT x.ctid
  FROM gratis_members.member x
  WHERE x.partition = $1 AND x.member = n.member
  LIMIT 1
) AS place
WHERE m.ctid = place.ctid
