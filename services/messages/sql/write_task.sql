UPDATE gratis_messages.task
SET state = $3, staff = $4, taken_at = $5, ended_at = $6
WHERE partition = $1 AND id = $2
