SELECT partition, requests, names
FROM ledger.head
WHERE partition BETWEEN $1 AND $2
