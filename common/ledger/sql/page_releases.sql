-- By an index of these rows alone.
SELECT seq, detail
FROM ledger.journal
WHERE partition = $1 AND kind = 11 AND seq > $2 AND seq <= $3
ORDER BY seq
LIMIT $4
