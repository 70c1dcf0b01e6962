SELECT seq, member, unit, origin, points, earned_at, available_at, expires_at, available, pending, held, debt,
       spent, expired, taken, lent, borrowed, open
FROM ledger.lot
WHERE partition = $1 AND seq > $2
ORDER BY seq
LIMIT $3
