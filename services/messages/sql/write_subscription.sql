INSERT INTO gratis_messages.subscription (program, subscription, url, label, kinds, ordered, max_in_flight, paused,
                                          generation, previous_until, created_at, deleted_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (program, subscription) DO UPDATE
SET url = excluded.url, label = excluded.label, kinds = excluded.kinds, ordered = excluded.ordered,
    max_in_flight = excluded.max_in_flight, paused = excluded.paused, generation = excluded.generation,
    previous_until = excluded.previous_until, deleted_at = excluded.deleted_at
