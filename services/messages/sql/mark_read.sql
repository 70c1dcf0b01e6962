INSERT INTO gratis_messages.inbox_read (partition, id, read_at)
VALUES ($1, $2, $3)
ON CONFLICT (partition, id) DO NOTHING
