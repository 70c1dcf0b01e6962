INSERT INTO ledger.cover (partition, borrower, lender, points)
SELECT $1, borrower, lender, points
FROM (
  SELECT unnest($2::bigint[]) AS borrower, unnest($3::bigint[]) AS lender, unnest($4::bigint[]) AS points
) AS cover
ON CONFLICT (partition, borrower, lender) DO UPDATE SET points = excluded.points
