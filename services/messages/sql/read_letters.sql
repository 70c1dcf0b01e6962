SELECT m.partition, m.id, m.data_key, m.sealed, m.member
FROM unnest($1::integer[], $2::uuid[]) AS asked (partition, id)
JOIN gratis_messages.message m ON m.partition = asked.partition AND m.id = asked.id
WHERE m.sealed IS NOT NULL
