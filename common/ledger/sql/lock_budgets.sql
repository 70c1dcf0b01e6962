-- In key order, after the heads: so postings that draw on the same budgets never wait in a ring.
SELECT budget, unit, limit_points, spent
FROM ledger.budget
WHERE program = $1 AND budget = ANY($2::uuid[])
ORDER BY budget
FOR UPDATE
