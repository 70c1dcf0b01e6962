-- Of all who are asked for as one list, what follows a row of it; of every kind where $8 is empty. In a partition the
-- order of rows is that of recording.
SELECT found.*
FROM unnest($1::integer[], $2::uuid[], $3::bigint[]) AS asked (partition, member, before_seq)
CROSS JOIN LATERAL (
  SELECT j.partition, j.seq, j.transaction, j.kind, j.member, j.unit, j.points, j.debit, j.credit, j.debit_after,
         j.credit_after, j.effective_at, j.recorded_at, j.actor, j.source, j.detail, j.about, j.budget, j.undoes,
         j.origin, j.earned_at, j.available_at, j.expires_at
  FROM ledger.journal j
  WHERE j.partition = asked.partition AND j.member = asked.member AND j.seq < asked.before_seq
        AND (j.recorded_at, j.partition, j.seq) < ($4::timestamptz, $5::integer, $6::bigint)
        AND (cardinality($8::smallint[]) = 0 OR j.kind = ANY ($8))
  ORDER BY j.seq DESC
  LIMIT $7
) AS found
ORDER BY found.recorded_at DESC, found.partition DESC, found.seq DESC
LIMIT $7
