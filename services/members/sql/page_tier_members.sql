SELECT member, enrolled_at, as_of, version, rank, since, short_since, held_until, segments
FROM gratis_members.tier_member
WHERE partition = $1 AND member > $2
ORDER BY member
LIMIT $3
