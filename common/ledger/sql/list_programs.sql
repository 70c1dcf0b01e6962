SELECT number, code, display_name, currency_code, time_zone, first_partition, partitions, created_at
FROM ledger.program
WHERE code > $1 AND number > 1
ORDER BY code
LIMIT $2
