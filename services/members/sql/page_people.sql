-- People; groups are none. $3: enrolled by then.
SELECT member
FROM gratis_members.member
WHERE partition = $1 AND member > $2 AND enrolled_at <= $3
      AND NOT EXISTS (SELECT FROM gratis_members.member_group g
                      WHERE g.partition = $1 AND g.holder = member.member)
ORDER BY member
LIMIT $4
