UPDATE gratis_messages.intent_cursor
SET seq = $2
WHERE partition = $1
