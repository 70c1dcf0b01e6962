SELECT code, draw, body::text, winners, drawn_at, entrants, digest, won, transaction
FROM gratis_thanks.surprise
WHERE program = $1 AND draw = ANY ($2::uuid[])
