SELECT adjustment, seq, asked_at, open
FROM ledger.adjustment
WHERE partition = $1 AND adjustment >= $2
ORDER BY adjustment
LIMIT $3
