-- What the rows that made these lots are about, where they say so.
SELECT made.seq, made.about
FROM unnest($2::bigint[]) AS asked (seq)
CROSS JOIN LATERAL (
  SELECT j.seq, j.about
  FROM ledger.journal j
  WHERE j.partition = $1 AND j.seq = asked.seq AND j.about IS NOT NULL
  LIMIT 1
) AS made
