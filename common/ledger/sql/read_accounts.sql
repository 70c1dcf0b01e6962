SELECT unit, account, points
FROM ledger.account
WHERE partition = $1
