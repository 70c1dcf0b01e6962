SELECT p.number, p.ends_at, p.closed_at, p.seq, closing.transaction, closing.actor
FROM ledger.period p
LEFT JOIN LATERAL (
  SELECT j.transaction, j.actor
  FROM ledger.journal j
  WHERE j.partition = $2 AND j.seq = p.seq
  LIMIT 1
) AS closing ON true
WHERE p.program = $1
ORDER BY p.number
