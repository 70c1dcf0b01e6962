INSERT INTO gratis_thanks.welcome_cursor (partition, seq)
VALUES ($1, $2)
ON CONFLICT (partition) DO UPDATE SET seq = excluded.seq
