-- One look-up for each id, whatever the planner thinks of the table's size.
SELECT wanted.request_id, stored.fingerprint, stored.answer
FROM unnest($2::text[]) AS wanted (request_id)
CROSS JOIN LATERAL (
  SELECT r.fingerprint, r.answer
  FROM ledger.request r
  WHERE r.program = $1 AND r.request_id = wanted.request_id
  LIMIT 1
) AS stored
