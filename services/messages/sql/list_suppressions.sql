SELECT suppression, scope, cause, set_at, set_by, address_key
FROM gratis_messages.suppression
WHERE program = $1 AND suppression < $2
ORDER BY suppression DESC
LIMIT $3
