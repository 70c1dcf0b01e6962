-- Keys of texts begin with the version of the master key that wraps them.
SELECT partition, id, data_key
FROM gratis_messages.message
WHERE partition BETWEEN $1 AND $2 AND sealed IS NOT NULL AND data_key < $3
LIMIT $4
