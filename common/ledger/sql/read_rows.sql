SELECT found.partition, found.seq, found.transaction, found.kind, found.member, found.unit, found.points, found.debit, found.credit,
       found.debit_after, found.credit_after, found.effective_at, found.recorded_at, found.actor, found.source, found.detail,
       found.about, found.budget, found.undoes, found.origin, found.earned_at, found.available_at, found.expires_at
FROM unnest($2::bigint[]) AS asked (seq)
CROSS JOIN LATERAL (
  SELECT j.*
  FROM ledger.journal j
  WHERE j.partition = $1 AND j.seq = asked.seq
  LIMIT 1
) AS found
