SELECT partition, delivery, program, channel, endpoint, message, member, event_id, event_kind, state, attempts,
       in_doubt, created_at, next_at, give_up_at, changed_at, reason, answer_code, elapsed_ms
FROM gratis_messages.delivery
WHERE program = $1 AND message = ANY ($2::uuid[])
ORDER BY message, channel
