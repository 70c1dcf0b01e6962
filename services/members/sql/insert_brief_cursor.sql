INSERT INTO gratis_members.brief_cursor (partition, seq)
VALUES ($1, 0)
ON CONFLICT (partition) DO NOTHING
