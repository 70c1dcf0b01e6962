INSERT INTO ledger.pin (partition, hold, lot, points)
SELECT $1, hold, lot, points
FROM unnest($2::uuid[], $3::bigint[], $4::bigint[]) AS pin (hold, lot, points)
ON CONFLICT (partition, hold, lot) DO UPDATE SET points = excluded.points
