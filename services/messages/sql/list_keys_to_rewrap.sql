-- Keys of texts begin with the version of the master key that wraps them.
SELECT id, member, data_key
FROM gratis_messages.message
WHERE partition = $1 AND sealed IS NOT NULL AND data_key < $2
LIMIT $3
