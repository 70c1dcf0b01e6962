SELECT id, member, decided_at
FROM gratis_messages.message
WHERE partition = $1 AND id = ANY ($2) AND channel = 1 AND state = 2
