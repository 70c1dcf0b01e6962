SELECT id, kind, happened_at
FROM gratis_messages.engagement
WHERE partition = $1 AND id = ANY ($2)
ORDER BY id, kind
