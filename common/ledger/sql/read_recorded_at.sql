SELECT recorded_at
FROM ledger.journal
WHERE partition = $1 AND seq = $2
