SELECT endpoint, failures, open_until
FROM gratis_messages.circuit
WHERE endpoint = ANY ($1::uuid[])
