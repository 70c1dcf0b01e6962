INSERT INTO ledger.account (partition, unit, account, points)
SELECT $1, unit, account, points
FROM (
  SELECT unnest($2::smallint[]) AS unit, unnest($3::smallint[]) AS account, unnest($4::bigint[]) AS points
) AS total
