INSERT INTO house.clock (program_number, now) VALUES ($1, $2)
ON CONFLICT (program_number) DO UPDATE SET now = excluded.now
