-- Sent, but not gone: to be decided anew. Looked up as in decide_messages.sql, under the lock on their partition's cursor.
UPDATE gratis_messages.message AS m
SET state = 1, why = 0, due_at = $3
FROM unnest($2::uuid[]) AS lapsed (id)
CROSS JOIN LATERAL (
  SELECT w.ctid
  FROM gratis_messages.message w
  WHERE w.partition = $1 AND w.id BETWEEN lapsed.id AND lapsed.id AND w.state = 2
  ORDER BY w.id
  LIMIT 1
) AS place
WHERE m.ctid = place.ctid
