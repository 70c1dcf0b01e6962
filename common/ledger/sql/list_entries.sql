-- Of every unit where $5 is 0, of every kind where $6 is empty.
SELECT partition, seq, transaction, kind, member, unit, points, debit, credit, debit_after, credit_after,
       effective_at, recorded_at, actor, source, detail, about, budget, undoes, origin, earned_at,
       available_at, expires_at
FROM ledger.journal
WHERE partition = $1 AND member = $2 AND seq < $3 AND ($5 = 0 OR unit = $5)
      AND (cardinality($6::smallint[]) = 0 OR kind = ANY ($6)) AND recorded_at >= $7 AND recorded_at < $8
ORDER BY seq DESC
LIMIT $4
