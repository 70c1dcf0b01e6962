-- See update_profiles.
UPDATE gratis_members.member AS m
SET leaving_answer = n.leaving_answer
FROM (SELECT unnest($2::uuid[]) AS member, unnest($3::bytea[]) AS leaving_answer) AS n
WHERE m.partition = $1 AND m.member = n.member
