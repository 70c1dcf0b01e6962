-- State 3, why 9: how the member stands.
UPDATE gratis_messages.message
SET data_key = NULL, sealed = NULL,
    decided_at = CASE WHEN state = 1 THEN $3 ELSE decided_at END,
    why = CASE WHEN state = 1 THEN 9 ELSE why END,
    state = CASE WHEN state = 1 THEN 3 ELSE state END
WHERE partition = $1 AND member = $2
