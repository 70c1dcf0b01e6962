SELECT next_due, member, unit
FROM ledger.wallet
WHERE partition = $1 AND next_due <= $2 AND next_due < 'infinity' AND (next_due, member, unit) > ($3, $4, $5)
ORDER BY next_due, member, unit
LIMIT $6
