-- Logs that are kept no longer. Ids begin with when they were made.
DELETE FROM gratis_messages.delivery AS d
USING (
  SELECT partition, delivery
  FROM gratis_messages.delivery
  WHERE partition = $1 AND delivery < $2 AND state IN (3, 4) AND changed_at < $3
  ORDER BY delivery
  LIMIT $4) AS old
WHERE d.partition = old.partition AND d.delivery = old.delivery
