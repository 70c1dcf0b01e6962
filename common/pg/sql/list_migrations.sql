SELECT number, checksum FROM house.migration WHERE schema = $1 ORDER BY number
