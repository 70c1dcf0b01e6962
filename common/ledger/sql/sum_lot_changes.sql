-- By how much the rows of ($2, $3] that count in [$5, $6) changed what is outstanding. A row counts
-- when it took effect, but not before $4.
SELECT moved.unit, moved.origin, width_bucket(moved.earned_at, $7::timestamptz[]),
       sum(moved.points) FILTER (WHERE moved.account <> 4)::bigint,
       sum(moved.points) FILTER (WHERE moved.account = 4)::bigint
FROM (
  SELECT j.unit, j.origin, j.earned_at, j.credit AS account, j.points
  FROM ledger.journal j
  WHERE j.partition = $1 AND j.seq > $2 AND j.seq <= $3 AND j.origin IS NOT NULL
        AND greatest(j.effective_at, $4) >= $5 AND greatest(j.effective_at, $4) < $6
  UNION ALL
  SELECT j.unit, lot.origin, lot.earned_at, side.account, side.points
  FROM ledger.journal j
  CROSS JOIN LATERAL (
    SELECT a.debit_lot, a.credit_lot, a.points
    FROM ledger.allocation a
    WHERE a.partition = $1 AND a.seq = j.seq
    ORDER BY a.ordinal
    LIMIT 1000000
  ) AS part
  CROSS JOIN LATERAL (VALUES (part.debit_lot, j.debit, -part.points),
                             (part.credit_lot, j.credit, part.points)) AS side (lot, account, points)
  CROSS JOIN LATERAL (
    SELECT l.origin, l.earned_at
    FROM ledger.lot l
    WHERE l.partition = $1 AND l.seq = side.lot
    LIMIT 1
  ) AS lot
  WHERE j.partition = $1 AND j.seq > $2 AND j.seq <= $3
        AND greatest(j.effective_at, $4) >= $5 AND greatest(j.effective_at, $4) < $6
        AND side.account BETWEEN 1 AND 4 AND side.lot <> j.seq
) AS moved
GROUP BY 1, 2, 3
