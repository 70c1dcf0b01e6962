-- Of a household also how many are in it.
SELECT found.holder, found.kind, found.perks, found.created_at,
       CASE WHEN found.kind = 1 THEN
         (SELECT count(*)
          FROM gratis_members.membership m
          WHERE m.partition = $1 AND m.holder = found.holder AND m.state = 2)
       ELSE 0 END
FROM unnest($2::uuid[]) AS wanted (holder)
CROSS JOIN LATERAL (
  SELECT g.holder, g.kind, g.perks, g.created_at
  FROM gratis_members.member_group g
  WHERE g.partition = $1 AND g.holder = wanted.holder
  LIMIT 1
) AS found
