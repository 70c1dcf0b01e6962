-- Not of a text that was purged or erased meanwhile.
UPDATE gratis_messages.message
SET data_key = $4
WHERE partition = $1 AND id = $2 AND data_key = $3
