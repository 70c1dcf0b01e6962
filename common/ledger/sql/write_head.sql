UPDATE ledger.head
SET seq = $2, chain_hash = $3, recorded_at = $4
WHERE partition = $1
