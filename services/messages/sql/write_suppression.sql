INSERT INTO gratis_messages.suppression (program, address_key, suppression, scope, cause, set_at, set_by)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (program, address_key) DO UPDATE SET scope = excluded.scope, cause = excluded.cause,
  set_at = excluded.set_at, set_by = excluded.set_by
