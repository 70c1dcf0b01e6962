SELECT number, ended_at, outcome, reason, answer_code, answer, elapsed_ms
FROM gratis_messages.attempt
WHERE partition = $1 AND delivery = $2
ORDER BY number
LIMIT $3
