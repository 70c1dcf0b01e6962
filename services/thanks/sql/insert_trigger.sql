INSERT INTO gratis_thanks.trigger (program, code, version, set_at, body)
VALUES ($1, $2, $3, $4, $5::text::jsonb)
