SELECT holder, member, state, since
FROM gratis_members.membership
WHERE partition = $1 AND member = $2 AND holder > $3 AND state < 3
ORDER BY holder
LIMIT $4
