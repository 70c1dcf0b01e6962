INSERT INTO ledger.wallet (partition, member, unit, available, pending, held, debt, next_due, active_at)
SELECT $1, member, unit, available, pending, held, debt, next_due, active_at
FROM unnest($2::uuid[], $3::smallint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
            $8::timestamptz[], $9::timestamptz[])
  AS wallet (member, unit, available, pending, held, debt, next_due, active_at)
