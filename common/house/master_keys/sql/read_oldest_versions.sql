SELECT holder, min(oldest_version) FROM house.key_use GROUP BY holder ORDER BY holder
