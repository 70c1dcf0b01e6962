SELECT member, enrolled_at, birthday_key, data_key, profile, birthday_changed_at, leaving_answer, segments
FROM gratis_members.member
WHERE partition = $1 AND member = $2
