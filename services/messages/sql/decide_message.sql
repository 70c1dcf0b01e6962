UPDATE gratis_messages.message
SET state = $3, why = $4, due_at = $5, decided_at = $6, template = $7, template_version = $8,
    language = $9, variant = $10, left_out = $11, data_key = $12, sealed = $13, day = $14
WHERE partition = $1 AND id = $2 AND state = 1
