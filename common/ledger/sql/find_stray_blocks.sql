SELECT last_seq
FROM ledger.block
WHERE partition = $1 AND last_seq > $2
ORDER BY last_seq
LIMIT $3
