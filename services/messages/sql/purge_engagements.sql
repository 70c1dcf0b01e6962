-- Who pressed the link stays known, so that to press it again never counts.
DELETE FROM gratis_messages.engagement
WHERE (partition, id, kind) IN (
  SELECT partition, id, kind
  FROM gratis_messages.engagement
  WHERE partition BETWEEN $1 AND $2 AND recorded_at < $3 AND kind <> 3
  LIMIT $4
)
