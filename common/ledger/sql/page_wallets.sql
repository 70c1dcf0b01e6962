SELECT member, unit, available, pending, held, debt, next_due, active_at
FROM ledger.wallet
WHERE partition = $1 AND (member, unit) > ($2, $3)
ORDER BY member, unit
LIMIT $4
