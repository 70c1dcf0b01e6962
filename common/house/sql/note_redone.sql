INSERT INTO house.redone (what, incarnation) VALUES ($1, $2)
ON CONFLICT (what) DO UPDATE SET incarnation = excluded.incarnation
