SELECT borrower, lender, points
FROM ledger.cover
WHERE partition = $1
