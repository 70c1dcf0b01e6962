SELECT member, outcome, transaction
FROM gratis_thanks.surprise_entrant
WHERE partition = $1 AND draw = $2 AND member > $3 AND ($4 = false OR outcome > 0)
ORDER BY member
LIMIT $5
