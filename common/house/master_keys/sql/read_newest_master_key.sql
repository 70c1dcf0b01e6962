SELECT version, check_value FROM house.master_key ORDER BY version DESC LIMIT 1
