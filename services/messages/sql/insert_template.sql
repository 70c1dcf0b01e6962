INSERT INTO gratis_messages.template (program, code, version, content, set_at, set_by)
VALUES ($1, $2, $3, $4, $5, $6)
