SELECT partition, delivery, program, channel, endpoint, message, member, event_id, event_kind, state, attempts,
       in_doubt, created_at, next_at, give_up_at, changed_at, reason, answer_code, elapsed_ms
FROM gratis_messages.delivery
WHERE partition = $1 AND member = $2 AND delivery < $3 AND ($4 = 0 OR state = $4) AND channel <> 2
ORDER BY delivery DESC
LIMIT $5
