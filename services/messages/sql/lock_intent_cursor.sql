SELECT seq
FROM gratis_messages.intent_cursor
WHERE partition = $1
FOR UPDATE
