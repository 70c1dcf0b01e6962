SELECT seq, debit_lot, credit_lot, points, ordinal
FROM ledger.allocation
WHERE partition = $1 AND seq > $2 AND seq <= $3
ORDER BY seq, ordinal
