SELECT first_seq, last_seq, hash
FROM ledger.block
WHERE partition = $1 AND last_seq > $2 AND last_seq <= $3
ORDER BY last_seq
LIMIT $4
