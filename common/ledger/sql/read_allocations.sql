SELECT found.seq, part.debit_lot, part.credit_lot, part.points
FROM unnest($2::uuid[]) AS asked (transaction)
CROSS JOIN LATERAL (
  SELECT j.seq
  FROM ledger.journal j
  WHERE j.partition = $1 AND j.transaction = asked.transaction
  ORDER BY j.seq
  LIMIT 100000
) AS found
CROSS JOIN LATERAL (
  SELECT a.ordinal, a.debit_lot, a.credit_lot, a.points
  FROM ledger.allocation a
  WHERE a.partition = $1 AND a.seq = found.seq
  ORDER BY a.ordinal
  LIMIT 1000000
) AS part
ORDER BY found.seq, part.ordinal
