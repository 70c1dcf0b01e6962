INSERT INTO ledger.holder (partition, member, enrolled_at, state, survivor)
SELECT $1, member, enrolled_at, state, survivor
FROM (
  SELECT unnest($2::uuid[]) AS member, unnest($3::timestamptz[]) AS enrolled_at,
         unnest($4::smallint[]) AS state, unnest($5::uuid[]) AS survivor
) AS holder
