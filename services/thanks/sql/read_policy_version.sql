SELECT version, effective_from, body::text
FROM gratis_thanks.policy
WHERE program = $1 AND version = $2
