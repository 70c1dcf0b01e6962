INSERT INTO ledger.journal (partition, seq, transaction, kind, member, unit, points, debit, credit,
                            debit_after, credit_after, effective_at, recorded_at, actor, source, detail,
                            about, budget, undoes, origin, earned_at, available_at, expires_at)
SELECT $1, seq, transaction, kind, member, unit, points, debit, credit, debit_after, credit_after,
       effective_at, $2, actor, source, detail, about, budget, undoes, origin, earned_at, available_at,
       expires_at
FROM (
  SELECT unnest($3::bigint[]) AS seq, unnest($4::uuid[]) AS transaction, unnest($5::smallint[]) AS kind,
         unnest($6::uuid[]) AS member, unnest($7::smallint[]) AS unit, unnest($8::bigint[]) AS points,
         unnest($9::smallint[]) AS debit, unnest($10::smallint[]) AS credit,
         unnest($11::bigint[]) AS debit_after, unnest($12::bigint[]) AS credit_after,
         unnest($13::timestamptz[]) AS effective_at, unnest($14::text[]) AS actor,
         unnest($15::text[]) AS source, unnest($16::text[]) AS detail, unnest($17::uuid[]) AS about,
         unnest($18::uuid[]) AS budget, unnest($19::bigint[]) AS undoes, unnest($20::smallint[]) AS origin,
         unnest($21::timestamptz[]) AS earned_at, unnest($22::timestamptz[]) AS available_at,
         unnest($23::timestamptz[]) AS expires_at
) AS fact
