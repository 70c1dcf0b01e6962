SELECT budget, code, unit, limit_points, spent
FROM ledger.budget
WHERE program = $1 AND code > $2
ORDER BY code
LIMIT $3
