SELECT asked.seq, cover.lender, cover.points
FROM unnest($2::bigint[]) AS asked (seq)
CROSS JOIN LATERAL (
  SELECT c.lender, c.points
  FROM ledger.cover c
  WHERE c.partition = $1 AND c.borrower = asked.seq
  ORDER BY c.lender
  LIMIT 1000000
) AS cover
