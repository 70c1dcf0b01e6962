SELECT program, seq, chain_hash, recorded_at, requests, names, seal
FROM ledger.head
WHERE partition = $1
