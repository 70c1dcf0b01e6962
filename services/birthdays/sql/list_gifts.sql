SELECT member, year, transaction, points, due_at, given_at
FROM gratis_birthdays.gift
WHERE partition = $1 AND member = $2 AND year > $3
ORDER BY year
LIMIT $4
