INSERT INTO ledger.allocation (partition, seq, ordinal, debit_lot, credit_lot, points)
SELECT $1, seq, ordinal, debit_lot, credit_lot, points
FROM unnest($2::bigint[], $3::integer[], $4::bigint[], $5::bigint[], $6::bigint[])
  AS part (seq, ordinal, debit_lot, credit_lot, points)
