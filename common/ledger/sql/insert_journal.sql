INSERT INTO ledger.journal (partition, seq, transaction, kind, member, points, debit, credit,
                            debit_after, credit_after, effective_at, recorded_at, actor, source, detail)
SELECT $1, seq, transaction, kind, member, points, debit, credit,
       debit_after, credit_after, effective_at, $2, actor, source, detail
FROM unnest($3::bigint[], $4::uuid[], $5::smallint[], $6::uuid[], $7::bigint[], $8::smallint[],
            $9::smallint[], $10::bigint[], $11::bigint[], $12::timestamptz[], $13::text[], $14::text[],
            $15::text[])
  AS fact (seq, transaction, kind, member, points, debit, credit, debit_after, credit_after,
           effective_at, actor, source, detail)
