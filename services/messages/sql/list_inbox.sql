SELECT m.id, m.decided_at, m.data_key, m.sealed, r.read_at
FROM gratis_messages.message m
LEFT JOIN gratis_messages.inbox_read r ON r.partition = m.partition AND r.id = m.id
WHERE m.partition = $1 AND m.member = $2 AND m.channel = 3 AND m.state = 2
  AND m.sealed IS NOT NULL AND m.id < $3 AND NOT ($4 AND r.read_at IS NOT NULL)
ORDER BY m.id DESC
LIMIT $5
