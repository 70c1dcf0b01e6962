INSERT INTO ledger.holder (partition, member, enrolled_at)
SELECT $1, member, enrolled_at
FROM unnest($2::uuid[], $3::timestamptz[]) AS holder (member, enrolled_at)
