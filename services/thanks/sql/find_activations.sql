-- What is due by $2, behind a place.
SELECT due_at, purchase
FROM gratis_thanks.activation
WHERE partition = $1 AND due_at <= $2 AND (due_at, purchase) > ($3, $4::uuid)
ORDER BY due_at, purchase
LIMIT $5
