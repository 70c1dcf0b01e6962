SELECT number, code, display_name, currency_code, time_zone, first_partition, partitions, created_at
FROM ledger.program
WHERE number > $1
ORDER BY number
LIMIT $2
