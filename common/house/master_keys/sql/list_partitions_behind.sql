SELECT partition FROM house.key_use WHERE holder = $1 AND oldest_version < $2 ORDER BY partition
