SELECT member
FROM gratis_members.tier_member
WHERE partition = $1 AND next_due <= $2 AND next_due < 'infinity'
ORDER BY next_due
LIMIT $3
