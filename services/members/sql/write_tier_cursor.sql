INSERT INTO gratis_members.tier_cursor (partition, seq)
VALUES ($1, $2)
ON CONFLICT (partition) DO UPDATE SET seq = excluded.seq
