SELECT partition, delivery, program, channel, endpoint, message, member, event_id, event_kind, state, attempts,
       in_doubt, created_at, next_at, give_up_at, changed_at, reason, answer_code, elapsed_ms, body
FROM gratis_messages.delivery
WHERE partition = $1 AND delivery = $2 AND program = $3
