INSERT INTO ledger.wallet (partition, member, unit, available, pending, held, debt, next_due, active_at)
SELECT $1, member, unit, available, pending, held, debt, next_due, active_at
FROM (
  SELECT unnest($2::uuid[]) AS member, unnest($3::smallint[]) AS unit, unnest($4::bigint[]) AS available,
         unnest($5::bigint[]) AS pending, unnest($6::bigint[]) AS held, unnest($7::bigint[]) AS debt,
         unnest($8::timestamptz[]) AS next_due, unnest($9::timestamptz[]) AS active_at
) AS wallet
