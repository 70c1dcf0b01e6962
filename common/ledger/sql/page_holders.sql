SELECT member, enrolled_at, state, survivor
FROM ledger.holder
WHERE partition = $1 AND member >= $2
ORDER BY member
LIMIT $3
