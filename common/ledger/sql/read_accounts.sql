SELECT account, points
FROM ledger.account
WHERE partition = $1
