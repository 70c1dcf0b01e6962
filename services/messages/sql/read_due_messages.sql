-- Of those, the ones that still wait and are still due; their partition's cursor is locked.
SELECT id, member, channel, occasion, template, transaction, purchase, store, occurred_at,
       max_age_seconds, detail, points, after_complaint
FROM gratis_messages.message
WHERE partition = $1 AND id = ANY ($2) AND state = 1 AND due_at <= $3
ORDER BY occurred_at, id
