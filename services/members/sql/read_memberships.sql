SELECT found.holder, found.member, found.state, found.since
FROM unnest($2::uuid[], $3::uuid[]) AS wanted (holder, member)
CROSS JOIN LATERAL (
  SELECT m.holder, m.member, m.state, m.since
  FROM gratis_members.membership m
  WHERE m.partition = $1 AND m.holder = wanted.holder AND m.member = wanted.member
  LIMIT 1
) AS found
