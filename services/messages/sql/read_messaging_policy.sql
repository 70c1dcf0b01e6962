SELECT version, content
FROM gratis_messages.messaging_policy
WHERE program = $1
ORDER BY version DESC
LIMIT 1
