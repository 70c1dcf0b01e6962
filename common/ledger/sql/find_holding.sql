SELECT asked.member
FROM unnest($2::uuid[]) AS asked (member)
CROSS JOIN LATERAL (
  SELECT h.hold
  FROM ledger.hold h
  WHERE h.partition = $1 AND h.member = asked.member AND h.open
  LIMIT 1
) AS held
