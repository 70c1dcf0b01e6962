-- They wait: the lock on their partition's cursor keeps them so. Looked up as in decide_messages.sql.
UPDATE gratis_messages.message AS m
SET due_at = $3
FROM unnest($2::uuid[]) AS late (id)
CROSS JOIN LATERAL (
  SELECT w.ctid
  FROM gratis_messages.message w
  WHERE w.partition = $1 AND w.id BETWEEN late.id AND late.id
  ORDER BY w.id
  LIMIT 1
) AS place
WHERE m.ctid = place.ctid
