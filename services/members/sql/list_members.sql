SELECT member, enrolled_at, birthday_key, data_key, profile, birthday_changed_at, leaving_answer
FROM gratis_members.member
WHERE partition = $1 AND member > $2
ORDER BY member
LIMIT $3
