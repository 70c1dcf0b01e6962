SELECT found.holder, found.kind, found.perks, found.created_at
FROM unnest($2::uuid[]) AS wanted (holder)
CROSS JOIN LATERAL (
  SELECT g.holder, g.kind, g.perks, g.created_at
  FROM gratis_members.member_group g
  WHERE g.partition = $1 AND g.holder = wanted.holder
  LIMIT 1
) AS found
