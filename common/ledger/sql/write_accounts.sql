INSERT INTO ledger.account (partition, account, points)
SELECT $1, account, points
FROM unnest($2::smallint[], $3::bigint[]) AS total (account, points)
ON CONFLICT (partition, account) DO UPDATE SET points = excluded.points
