INSERT INTO gratis_thanks.surprise (program, code, draw, body, winners, drawn_at, entrants, digest, won, transaction)
VALUES ($1, $2, $3, $4::text::jsonb, $5, $6, $7, $8, $9, $10)
