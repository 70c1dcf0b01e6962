UPDATE house.master_key SET root = $2 WHERE version = $1
