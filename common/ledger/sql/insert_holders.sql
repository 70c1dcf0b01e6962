INSERT INTO ledger.holder (partition, member, enrolled_at, state)
SELECT $1, member, enrolled_at, state
FROM (
  SELECT unnest($2::uuid[]) AS member, unnest($3::timestamptz[]) AS enrolled_at,
         unnest($4::smallint[]) AS state
) AS holder
