-- Nobody has looked yet, so it may be the first.
INSERT INTO house.key_use (holder, partition, oldest_version)
SELECT $1::text, noted.partition, 1
FROM generate_series($2::integer, $3::integer) AS noted (partition)
ON CONFLICT (holder, partition) DO NOTHING
