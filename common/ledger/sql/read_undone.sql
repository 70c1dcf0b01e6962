-- What was undone of each row of transactions that took points, by the lot it came back to.
SELECT found.seq, part.debit_lot, sum(part.points)::bigint
FROM unnest($2::uuid[]) AS asked (transaction)
CROSS JOIN LATERAL (
  SELECT j.seq
  FROM ledger.journal j
  WHERE j.partition = $1 AND j.transaction = asked.transaction
  ORDER BY j.seq
  LIMIT 100000
) AS found
CROSS JOIN LATERAL (
  SELECT u.seq
  FROM ledger.journal u
  WHERE u.partition = $1 AND u.undoes = found.seq
  ORDER BY u.seq
  LIMIT 1000000
) AS undoing
CROSS JOIN LATERAL (
  SELECT a.debit_lot, a.points
  FROM ledger.allocation a
  WHERE a.partition = $1 AND a.seq = undoing.seq
  ORDER BY a.ordinal
  LIMIT 1000000
) AS part
GROUP BY found.seq, part.debit_lot
