INSERT INTO gratis_thanks.policy (program, version, set_at, body)
VALUES ($1, $2, $3, $4::text::jsonb)
