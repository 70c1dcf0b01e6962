SELECT hold, member, unit, points, placed_at, expires_at, open
FROM ledger.hold
WHERE partition = $1 AND hold >= $2
ORDER BY hold
LIMIT $3
