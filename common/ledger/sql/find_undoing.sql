-- The rows that undo these, by the row undone.
SELECT asked.seq, undoing.transaction
FROM unnest($2::bigint[]) AS asked (seq)
CROSS JOIN LATERAL (
  SELECT j.seq, j.transaction
  FROM ledger.journal j
  WHERE j.partition = $1 AND j.undoes = asked.seq
  ORDER BY j.seq
  LIMIT 1000
) AS undoing
ORDER BY undoing.seq
