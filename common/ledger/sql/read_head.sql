SELECT program, seq, chain_hash, recorded_at
FROM ledger.head
WHERE partition = $1
