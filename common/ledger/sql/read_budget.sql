SELECT budget, code, unit, limit_points, spent
FROM ledger.budget
WHERE program = $1 AND budget = $2
