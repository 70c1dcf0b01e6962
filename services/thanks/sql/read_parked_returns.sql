SELECT name, number, partition, purchase, body::text
FROM gratis_thanks.parked_return
WHERE program = $1 AND name = ANY ($2::bytea[])
ORDER BY name, number
