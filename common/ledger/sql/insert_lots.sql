INSERT INTO ledger.lot (partition, seq, member, unit, origin, points, earned_at, available_at, expires_at, available,
                        pending, held, debt, spent, expired, taken, lent, borrowed, open)
SELECT $1, seq, member, unit, origin, points, earned_at, available_at, expires_at, available, pending, held, debt,
       spent, expired, taken, lent, borrowed, open
FROM unnest($2::bigint[], $3::uuid[], $4::smallint[], $5::smallint[], $6::bigint[], $7::timestamptz[],
            $8::timestamptz[], $9::timestamptz[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[],
            $14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[], $19::boolean[])
  AS lot (seq, member, unit, origin, points, earned_at, available_at, expires_at, available, pending, held, debt,
          spent, expired, taken, lent, borrowed, open)
