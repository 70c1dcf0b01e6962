-- The rows of transactions, and what later rows undid of each.
SELECT found.partition, found.seq, found.transaction, found.kind, found.member, found.unit, found.points,
       found.debit, found.credit, found.debit_after, found.credit_after, found.effective_at,
       found.recorded_at, found.actor, found.source, found.detail, found.about, found.budget, found.undoes,
       found.origin, found.earned_at, found.available_at, found.expires_at,
       (SELECT coalesce(sum(u.points), 0)::bigint FROM ledger.journal u
        WHERE u.partition = $1 AND u.undoes = found.seq)
FROM unnest($2::uuid[]) AS asked (transaction)
CROSS JOIN LATERAL (
  SELECT j.*
  FROM ledger.journal j
  WHERE j.partition = $1 AND j.transaction = asked.transaction
  ORDER BY j.seq
  LIMIT 100000
) AS found
