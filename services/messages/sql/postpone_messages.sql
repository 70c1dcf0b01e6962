-- They wait: the lock on their partition's cursor keeps them so.
UPDATE gratis_messages.message
SET due_at = $3
WHERE partition = $1 AND id = ANY ($2)
