-- What a run posted in a partition ends with both, so they go in one statement.
WITH block AS (
  INSERT INTO ledger.block (partition, first_seq, last_seq, hash)
  VALUES ($1, $8, $2, $3)
)
UPDATE ledger.head
SET seq = $2, chain_hash = $3, recorded_at = $4, requests = $5, names = $6, seal = $7
WHERE partition = $1
