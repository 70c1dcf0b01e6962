SELECT max(recorded_at)
FROM ledger.head
WHERE partition BETWEEN $1 AND $2 AND seq > 0
