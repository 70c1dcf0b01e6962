INSERT INTO gratis_thanks.trigger_limits (program, version, set_at, most, within_days)
VALUES ($1, $2, $3, $4, $5)
