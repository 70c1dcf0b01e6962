-- Two ranges rather than one OR: each is a look into the index, not a walk through the partition.
(SELECT seq FROM ledger.journal WHERE partition = $1 AND seq < 1 ORDER BY seq LIMIT $3)
UNION ALL
(SELECT seq FROM ledger.journal WHERE partition = $1 AND seq > $2 ORDER BY seq LIMIT $3)
