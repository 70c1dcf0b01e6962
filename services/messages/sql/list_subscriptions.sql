SELECT program, subscription, url, label, kinds, ordered, max_in_flight, paused, generation, previous_until, created_at,
       deleted_at
FROM gratis_messages.subscription
WHERE program = $1 AND subscription > $2 AND deleted_at IS NULL
ORDER BY subscription
LIMIT $3
