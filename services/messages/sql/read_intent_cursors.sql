SELECT partition, seq
FROM gratis_messages.intent_cursor
WHERE partition BETWEEN $1 AND $2
