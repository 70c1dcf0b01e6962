SELECT DISTINCT ON (code) code, version, content, set_at, set_by
FROM gratis_messages.template
WHERE program = $1 AND code > $2
ORDER BY code, version DESC
LIMIT $3
