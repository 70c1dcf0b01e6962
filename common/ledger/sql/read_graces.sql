-- The lots of a member that were made for points that came back too late ($3), each with the one it came from.
SELECT j.seq, part.debit_lot
FROM ledger.journal j
CROSS JOIN LATERAL (
  SELECT a.debit_lot
  FROM ledger.allocation a
  WHERE a.partition = $1 AND a.seq = j.seq
  ORDER BY a.ordinal
  LIMIT 1
) AS part
WHERE j.partition = $1 AND j.member = $2 AND j.kind = $3
