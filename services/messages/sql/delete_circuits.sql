DELETE FROM gratis_messages.circuit
WHERE endpoint = ANY ($1::uuid[])
