SELECT id, member
FROM gratis_messages.message
WHERE partition = $1 AND id = ANY ($2) AND channel = 3 AND state = 2
