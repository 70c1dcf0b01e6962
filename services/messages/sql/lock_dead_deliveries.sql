SELECT partition, delivery
FROM gratis_messages.delivery
WHERE endpoint = $1 AND program = $2 AND state = 4
ORDER BY delivery
LIMIT $3
FOR UPDATE
