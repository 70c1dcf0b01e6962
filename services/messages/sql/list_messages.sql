SELECT id, member, channel, occasion, template, transaction, purchase, occurred_at, state, why, due_at,
       decided_at, template_version, language, variant, left_out, created_at
FROM gratis_messages.message
WHERE partition = $1 AND member = $2 AND id < $3 AND ($4 = 0 OR state = $4) AND ($6 = '' OR purchase = $6)
ORDER BY id DESC
LIMIT $5
