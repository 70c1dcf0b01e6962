-- Cursors that another process moves just now are left to it.
SELECT c.partition, c.seq
FROM gratis_messages.subscription_cursor AS c
JOIN gratis_messages.subscription AS s ON s.subscription = c.subscription
WHERE c.subscription = $1 AND c.partition = ANY ($2::integer[]) AND NOT s.paused AND s.deleted_at IS NULL
ORDER BY c.partition
FOR UPDATE OF c SKIP LOCKED
