INSERT INTO gratis_messages.messaging_policy (program, version, content, set_at, set_by)
VALUES ($1, $2, $3, $4, $5)
