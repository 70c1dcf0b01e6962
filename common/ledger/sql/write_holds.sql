INSERT INTO ledger.hold (partition, hold, member, unit, points, placed_at, expires_at, open)
SELECT $1, hold, member, unit, points, placed_at, expires_at, open
FROM unnest($2::uuid[], $3::uuid[], $4::smallint[], $5::bigint[], $6::timestamptz[], $7::timestamptz[],
            $8::boolean[])
  AS hold (hold, member, unit, points, placed_at, expires_at, open)
ON CONFLICT (partition, hold) DO UPDATE SET open = excluded.open
