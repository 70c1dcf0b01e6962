UPDATE gratis_messages.task
SET state = 5, ended_at = $3
WHERE partition = $1 AND member = $2 AND state IN (1, 2)
