-- Of a member's messages those of which more is kept than that they were sent.
SELECT m.id, r.read_at, m.data_key, m.sealed
FROM gratis_messages.message AS m
LEFT JOIN gratis_messages.inbox_read AS r ON r.partition = m.partition AND r.id = m.id
WHERE m.partition = $1 AND m.member = $2 AND m.id < $3
  AND (m.sealed IS NOT NULL OR r.read_at IS NOT NULL
       OR EXISTS (SELECT FROM gratis_messages.engagement AS e WHERE e.partition = m.partition AND e.id = m.id))
ORDER BY m.id DESC
LIMIT $4
