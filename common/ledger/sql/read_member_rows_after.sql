SELECT partition, seq, transaction, kind, member, unit, points, debit, credit, debit_after, credit_after,
       effective_at, recorded_at, actor, source, detail, about, budget, undoes, origin, earned_at,
       available_at, expires_at
FROM ledger.journal
WHERE partition = $1 AND member = $2 AND seq > $3 AND kind = ANY ($4::smallint[])
ORDER BY seq
LIMIT $5
