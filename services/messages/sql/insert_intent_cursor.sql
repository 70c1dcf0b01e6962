INSERT INTO gratis_messages.intent_cursor (partition, seq)
VALUES ($1, 0)
ON CONFLICT (partition) DO NOTHING
