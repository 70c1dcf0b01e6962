INSERT INTO house.master_key (version, check_value) VALUES ($1, $2)
ON CONFLICT (version) DO NOTHING
