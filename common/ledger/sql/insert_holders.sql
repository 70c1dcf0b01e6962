INSERT INTO ledger.holder (partition, member, enrolled_at, state)
SELECT $1, member, enrolled_at, state
FROM unnest($2::uuid[], $3::timestamptz[], $4::smallint[]) AS holder (member, enrolled_at, state)
