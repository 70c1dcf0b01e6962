-- In the order in which they were asked for, over all partitions of a program.
SELECT j.partition, j.seq, j.transaction, j.kind, j.member, j.unit, j.points, j.debit, j.credit,
       j.debit_after, j.credit_after, j.effective_at, j.recorded_at, j.actor, j.source, j.detail, j.about,
       j.budget, j.undoes, j.origin, j.earned_at, j.available_at, j.expires_at
FROM (
  SELECT found.*
  FROM generate_series($1::integer, $2::integer) AS place (partition)
  CROSS JOIN LATERAL (
    SELECT a.*
    FROM ledger.adjustment a
    WHERE a.partition = place.partition AND a.open AND a.asked_at >= $3
      AND (a.asked_at, a.partition, a.seq) > ($3, $4, $5)
    ORDER BY a.asked_at, a.seq
    LIMIT $6
  ) AS found
  ORDER BY found.asked_at, found.partition, found.seq
  LIMIT $6
) AS asked
CROSS JOIN LATERAL (
  SELECT journal.* FROM ledger.journal WHERE partition = asked.partition AND seq = asked.seq LIMIT 1
) AS j
ORDER BY asked.asked_at, asked.partition, asked.seq
