SELECT t.partition, t.id, t.member, t.store, t.purchase, t.state, t.staff, t.created_at, t.taken_at,
       t.ended_at, m.data_key, m.sealed
FROM gratis_messages.task t
JOIN gratis_messages.message m ON m.partition = t.partition AND m.id = t.id
WHERE t.partition BETWEEN $1 AND $2 AND t.id > $3
  AND (($5 = 0 AND t.state IN (1, 2)) OR t.state = $5)
  AND ($4::text[] = '{}' OR t.store = ANY ($4))
ORDER BY t.id
LIMIT $6
