-- Why 10: cancelled.
UPDATE gratis_messages.message
SET state = 3, why = 10, decided_at = $5
WHERE partition = $1 AND member = $2 AND state = 1 AND purchase = $3
  AND ($4 = '' OR trigger = $4)
