-- From which lot each row of kind $3 that says something took a member's points, and what it says.
-- The latest, since what was reversed since the merge and went over is behind all else.
SELECT asked.member, departure.seq, part.debit_lot, departure.detail
FROM unnest($2::uuid[]) AS asked (member)
CROSS JOIN LATERAL (
  SELECT j.seq, j.detail
  FROM ledger.journal j
  WHERE j.partition = $1 AND j.member = asked.member AND j.kind = $3 AND j.detail <> ''
  ORDER BY j.seq DESC
  LIMIT 100000
) AS departure
CROSS JOIN LATERAL (
  SELECT a.debit_lot
  FROM ledger.allocation a
  WHERE a.partition = $1 AND a.seq = departure.seq
  ORDER BY a.ordinal
  LIMIT 1
) AS part
