INSERT INTO ledger.hold (partition, hold, member, unit, points, placed_at, expires_at, open)
SELECT $1, hold, member, unit, points, placed_at, expires_at, open
FROM (
  SELECT unnest($2::uuid[]) AS hold, unnest($3::uuid[]) AS member, unnest($4::smallint[]) AS unit,
         unnest($5::bigint[]) AS points, unnest($6::timestamptz[]) AS placed_at,
         unnest($7::timestamptz[]) AS expires_at, unnest($8::boolean[]) AS open
) AS hold
ON CONFLICT (partition, hold) DO UPDATE SET open = excluded.open
