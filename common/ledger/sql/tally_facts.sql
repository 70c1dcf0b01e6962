-- Of what somebody did, the last; of all, how many.
SELECT asked.member, tally.kind, tally.facts, tally.last_seq, tally.last_effective_at
FROM unnest($2::uuid[]) AS asked (member)
CROSS JOIN LATERAL (
  SELECT j.kind, count(*) AS facts,
         max(j.seq) FILTER (WHERE j.actor <> 'engine' AND j.actor NOT LIKE 'service:%') AS last_seq,
         max(j.effective_at) FILTER (WHERE j.actor <> 'engine' AND j.actor NOT LIKE 'service:%')
           AS last_effective_at
  FROM ledger.journal j
  WHERE j.partition = $1 AND j.member = asked.member AND j.kind = ANY ($3::smallint[])
  GROUP BY j.kind
) AS tally
