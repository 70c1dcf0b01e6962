SELECT endpoint, failures, open_until
FROM gratis_messages.circuit
LIMIT $1
