SELECT code, draw, body::text, winners, drawn_at, entrants, digest, won, transaction
FROM gratis_thanks.surprise
WHERE program = $1 AND draw < $2
ORDER BY draw DESC
LIMIT $3
