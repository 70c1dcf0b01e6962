INSERT INTO ledger.cover (partition, borrower, lender, points)
SELECT $1, borrower, lender, points
FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS cover (borrower, lender, points)
ON CONFLICT (partition, borrower, lender) DO UPDATE SET points = excluded.points
