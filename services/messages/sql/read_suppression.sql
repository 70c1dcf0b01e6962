SELECT suppression, scope, cause, set_at, set_by, address_key
FROM gratis_messages.suppression
WHERE program = $1 AND address_key = ANY ($2::bytea[])
