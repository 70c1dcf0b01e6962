SELECT version, body::text
FROM gratis_thanks.policy
WHERE program = $1
ORDER BY version DESC
LIMIT 1
