INSERT INTO gratis_messages.delivery (partition, delivery, program, channel, endpoint, member, event_id, event_kind, body,
                                      order_key, state, created_at, next_at, give_up_at, changed_at)
SELECT partition, delivery, $1, $2, $3, member, event_id, event_kind, body, order_key, 1, $4, $4, $5, $4
FROM unnest($6::integer[], $7::uuid[], $8::uuid[], $9::text[], $10::smallint[], $11::text[], $12::uuid[])
  AS event (partition, delivery, member, event_id, event_kind, body, order_key)
