DELETE FROM gratis_thanks.parked_return
WHERE program = $1 AND name = ANY ($2::bytea[])
