INSERT INTO house.master_key (version, check_value, root, since) VALUES ($1, $2, $3, $4)
