SELECT id, member, store, state, staff, taken_at
FROM gratis_messages.task
WHERE partition = $1 AND id = ANY ($2)
ORDER BY id
FOR UPDATE
