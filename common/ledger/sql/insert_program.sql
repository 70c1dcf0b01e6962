INSERT INTO ledger.program (number, code, display_name, currency_code, time_zone, first_partition,
                            partitions, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
