INSERT INTO ledger.holder (partition, member, enrolled_at)
SELECT $1, member, enrolled_at
FROM (
  SELECT unnest($2::uuid[]) AS member, unnest($3::timestamptz[]) AS enrolled_at
) AS holder
