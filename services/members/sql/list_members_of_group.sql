SELECT holder, member, state, since
FROM gratis_members.membership
WHERE partition = $1 AND holder = $2 AND member > $3 AND state < 3
ORDER BY member
LIMIT $4
