UPDATE house.key_use
SET oldest_version = $3
WHERE holder = $1 AND partition = $2 AND oldest_version < $3
