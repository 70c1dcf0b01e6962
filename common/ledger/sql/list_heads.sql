SELECT partition, requests, names, seq
FROM ledger.head
WHERE partition BETWEEN $1 AND $2
ORDER BY partition
