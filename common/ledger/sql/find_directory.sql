-- One look-up for each name, whatever the planner thinks of the table's size.
SELECT wanted.kind, wanted.key, found.partition, found.id, found.number
FROM unnest($2::smallint[], $3::bytea[]) AS wanted (kind, key)
CROSS JOIN LATERAL (
  SELECT d.partition, d.id, d.number
  FROM ledger.directory d
  WHERE d.program = $1 AND d.kind = wanted.kind AND d.key = wanted.key
  LIMIT 1
) AS found
