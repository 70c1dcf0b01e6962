UPDATE ledger.adjustment
SET open = false
WHERE partition = $1 AND adjustment = ANY ($2::uuid[])
