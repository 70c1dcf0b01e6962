DELETE FROM gratis_messages.engagement AS e
USING gratis_messages.message AS m
WHERE m.partition = $1 AND m.member = $2 AND e.partition = m.partition AND e.id = m.id AND e.kind = ANY ($3)
