-- People; groups are none.
SELECT member, enrolled_at, birthday_key, data_key, profile, birthday_changed_at, leaving_answer, segments
FROM gratis_members.member
WHERE partition = $1 AND member > $2
      AND NOT EXISTS (SELECT FROM gratis_members.member_group g
                      WHERE g.partition = $1 AND g.holder = member.member)
ORDER BY member
LIMIT $3
