INSERT INTO ledger.lot (partition, seq, member, unit, origin, points, earned_at, available_at, expires_at, available,
                        pending, held, debt, spent, expired, taken, lent, borrowed, open)
SELECT $1, seq, member, unit, origin, points, earned_at, available_at, expires_at, available, pending, held, debt,
       spent, expired, taken, lent, borrowed, open
FROM (
  SELECT unnest($2::bigint[]) AS seq, unnest($3::uuid[]) AS member, unnest($4::smallint[]) AS unit,
         unnest($5::smallint[]) AS origin, unnest($6::bigint[]) AS points,
         unnest($7::timestamptz[]) AS earned_at, unnest($8::timestamptz[]) AS available_at,
         unnest($9::timestamptz[]) AS expires_at, unnest($10::bigint[]) AS available,
         unnest($11::bigint[]) AS pending, unnest($12::bigint[]) AS held, unnest($13::bigint[]) AS debt,
         unnest($14::bigint[]) AS spent, unnest($15::bigint[]) AS expired, unnest($16::bigint[]) AS taken,
         unnest($17::bigint[]) AS lent, unnest($18::bigint[]) AS borrowed, unnest($19::boolean[]) AS open
) AS lot
