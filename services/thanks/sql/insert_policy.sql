INSERT INTO gratis_thanks.policy (program, version, set_at, effective_from, body)
VALUES ($1, $2, $3, $4, $5::text::jsonb)
