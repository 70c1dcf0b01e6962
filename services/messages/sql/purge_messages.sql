UPDATE gratis_messages.message
SET data_key = NULL, sealed = NULL
WHERE (partition, id) IN (
  SELECT partition, id
  FROM gratis_messages.message
  WHERE partition BETWEEN $1 AND $2 AND sealed IS NOT NULL AND decided_at < $3
  LIMIT $4
)
