SELECT version, check_value, root, since, retired_at
FROM house.master_key
ORDER BY version
