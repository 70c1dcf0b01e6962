-- One look-up for each member, which ends at the first row that is found. What is recorded of somebody's
-- consents (14) is their word, whoever passed it on.
SELECT asked.member
FROM unnest($2::uuid[]) AS asked (member)
LEFT JOIN LATERAL (
  SELECT j.seq
  FROM ledger.journal j
  WHERE j.partition = $1 AND j.member = asked.member AND j.seq > $4 AND j.kind = ANY ($3::smallint[])
        AND j.effective_at > $5
        AND (j.kind = 14 OR (j.actor <> 'engine' AND j.actor NOT LIKE 'service:%'))
  LIMIT 1
) AS done ON true
WHERE done.seq IS NULL
