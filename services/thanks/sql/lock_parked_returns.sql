-- Whoever takes or adds some of an order waits here for whoever does, and then reads.
SELECT number
FROM gratis_thanks.parked_return
WHERE program = $1 AND name = ANY ($2::bytea[])
ORDER BY name, number
FOR UPDATE
