-- Of what somebody did, the last; of all, how many. What is recorded of somebody's consents (14) is their
-- word, whoever passed it on.
SELECT asked.member, tally.kind, tally.facts, tally.last_seq, tally.last_effective_at, tally.last_recorded_at
FROM unnest($2::uuid[]) AS asked (member)
CROSS JOIN LATERAL (
  SELECT j.kind, count(*) AS facts,
         max(j.seq) FILTER (WHERE by_somebody.yes) AS last_seq,
         max(j.effective_at) FILTER (WHERE by_somebody.yes) AS last_effective_at,
         max(j.recorded_at) FILTER (WHERE by_somebody.yes) AS last_recorded_at
  FROM ledger.journal j
  CROSS JOIN LATERAL (
    SELECT j.kind = 14 OR (j.actor <> 'engine' AND j.actor NOT LIKE 'service:%') AS yes
  ) AS by_somebody
  WHERE j.partition = $1 AND j.member = asked.member AND j.kind = ANY ($3::smallint[])
  GROUP BY j.kind
) AS tally
