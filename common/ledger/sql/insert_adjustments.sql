INSERT INTO ledger.adjustment (partition, adjustment, seq, asked_at, open)
SELECT $1, adjustment, seq, $4, true
FROM unnest($2::uuid[], $3::bigint[]) AS asked (adjustment, seq)
