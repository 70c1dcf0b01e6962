SELECT member, available
FROM ledger.wallet
WHERE partition = $1 AND member >= $2
ORDER BY member
LIMIT $3
