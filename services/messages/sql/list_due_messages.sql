SELECT partition, id, member, occasion, template, channel, after_complaint
FROM gratis_messages.message
WHERE partition BETWEEN $1 AND $2 AND state = 1 AND due_at <= $3
ORDER BY due_at
LIMIT $4
