INSERT INTO ledger.journal (partition, seq, transaction, kind, member, unit, points, debit, credit,
                            debit_after, credit_after, effective_at, recorded_at, actor, source, detail,
                            about, budget, undoes, origin, earned_at, available_at, expires_at)
SELECT $1, seq, transaction, kind, member, unit, points, debit, credit, debit_after, credit_after,
       effective_at, $2, actor, source, detail, about, budget, undoes, origin, earned_at, available_at,
       expires_at
FROM unnest($3::bigint[], $4::uuid[], $5::smallint[], $6::uuid[], $7::smallint[], $8::bigint[],
            $9::smallint[], $10::smallint[], $11::bigint[], $12::bigint[], $13::timestamptz[], $14::text[],
            $15::text[], $16::text[], $17::uuid[], $18::uuid[], $19::bigint[], $20::smallint[],
            $21::timestamptz[], $22::timestamptz[], $23::timestamptz[])
  AS fact (seq, transaction, kind, member, unit, points, debit, credit, debit_after, credit_after,
           effective_at, actor, source, detail, about, budget, undoes, origin, earned_at, available_at,
           expires_at)
