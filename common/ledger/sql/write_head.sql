UPDATE ledger.head
SET seq = $2, chain_hash = $3, recorded_at = $4, requests = $5, names = $6, seal = $7
WHERE partition = $1
