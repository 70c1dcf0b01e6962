SELECT program, member, erased_at
FROM gratis_members.erasure
WHERE member > $1
ORDER BY member
LIMIT $2
