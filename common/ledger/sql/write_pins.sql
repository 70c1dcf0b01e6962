INSERT INTO ledger.pin (partition, hold, lot, points)
SELECT $1, hold, lot, points
FROM (
  SELECT unnest($2::uuid[]) AS hold, unnest($3::bigint[]) AS lot, unnest($4::bigint[]) AS points
) AS pin
ON CONFLICT (partition, hold, lot) DO UPDATE SET points = excluded.points
