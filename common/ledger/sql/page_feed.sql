-- A window of the sequence, so that a filter that lets nothing through still reads only so much.
SELECT partition, seq, transaction, kind, member, unit, points, debit, credit, debit_after, credit_after,
       effective_at, recorded_at, actor, source, detail, about, budget, undoes, origin, earned_at,
       available_at, expires_at
FROM ledger.journal
WHERE partition = $1 AND seq > $2 AND seq <= $3
  AND (cardinality($4::smallint[]) = 0 OR kind = ANY ($4::smallint[]))
  AND (cardinality($5::uuid[]) = 0 OR member = ANY ($5::uuid[]))
ORDER BY seq
LIMIT $6
