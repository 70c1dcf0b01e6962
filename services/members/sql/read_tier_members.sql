SELECT found.*
FROM unnest($2::uuid[]) AS asked (member)
CROSS JOIN LATERAL (
  SELECT m.member, m.enrolled_at, m.as_of, m.version, m.rank, m.since, m.short_since, m.held_until,
         m.segments
  FROM gratis_members.tier_member m
  WHERE m.partition = $1 AND m.member = asked.member
  LIMIT 1
) AS found
