-- The last few of each who is asked for.
SELECT found.*
FROM unnest($1::integer[], $2::uuid[]) AS asked (partition, member)
CROSS JOIN LATERAL (
  SELECT j.partition, j.seq, j.transaction, j.kind, j.member, j.unit, j.points, j.debit, j.credit, j.debit_after,
         j.credit_after, j.effective_at, j.recorded_at, j.actor, j.source, j.detail, j.about, j.budget, j.undoes,
         j.origin, j.earned_at, j.available_at, j.expires_at
  FROM ledger.journal j
  WHERE j.partition = asked.partition AND j.member = asked.member AND j.kind = ANY ($3::smallint[])
  ORDER BY j.seq DESC
  LIMIT $4
) AS found
