-- A statement of its own: whatever is read after it sees all that was posted before.
SELECT program, seq, chain_hash, recorded_at, requests, names, seal
FROM ledger.head
WHERE partition = $1
FOR UPDATE
