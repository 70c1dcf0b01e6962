SELECT check_value FROM house.master_key WHERE version = $1 FOR UPDATE
