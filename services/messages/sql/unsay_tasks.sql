-- Those that nobody has done: state 5, cancelled.
UPDATE gratis_messages.task t
SET state = 5, ended_at = $5
FROM gratis_messages.message m
WHERE m.partition = $1 AND m.member = $2 AND m.purchase = $3 AND ($4 = '' OR m.trigger = $4)
  AND m.channel = 4 AND t.partition = m.partition AND t.id = m.id AND t.state IN (1, 2)
