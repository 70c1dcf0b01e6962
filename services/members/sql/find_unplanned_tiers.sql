SELECT member
FROM gratis_members.tier_member
WHERE partition = $1 AND planned < $2
LIMIT $3
