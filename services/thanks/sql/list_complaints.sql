SELECT complaint, member, topic, purchase, reference, opened_at, resolved_at, outcome
FROM gratis_thanks.complaint
WHERE partition = $1 AND member = $2 AND complaint < $3 AND ($4 = false OR resolved_at IS NULL)
ORDER BY complaint DESC
LIMIT $5
