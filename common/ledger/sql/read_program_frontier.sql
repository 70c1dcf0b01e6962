SELECT max(number) + 1, max(first_partition + partitions)
FROM ledger.program
