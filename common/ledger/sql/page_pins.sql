SELECT hold, lot, points
FROM ledger.pin
WHERE partition = $1 AND hold >= $2 AND hold <= $3
ORDER BY hold, lot
