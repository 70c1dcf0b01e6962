INSERT INTO ledger.allocation (partition, seq, ordinal, debit_lot, credit_lot, points)
SELECT $1, seq, ordinal, debit_lot, credit_lot, points
FROM (
  SELECT unnest($2::bigint[]) AS seq, unnest($3::integer[]) AS ordinal, unnest($4::bigint[]) AS debit_lot,
         unnest($5::bigint[]) AS credit_lot, unnest($6::bigint[]) AS points
) AS part
