INSERT INTO ledger.account (partition, unit, account, points)
SELECT $1, unit, account, points
FROM unnest($2::smallint[], $3::smallint[], $4::bigint[]) AS total (unit, account, points)
