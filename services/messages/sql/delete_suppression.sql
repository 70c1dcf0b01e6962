DELETE FROM gratis_messages.suppression
WHERE program = $1 AND address_key = $2
