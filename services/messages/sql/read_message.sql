SELECT id, member, channel, occasion, template, transaction, purchase, occurred_at, state, why, due_at,
       decided_at, template_version, language, variant, left_out, created_at, data_key, sealed
FROM gratis_messages.message
WHERE partition = $1 AND id = $2
