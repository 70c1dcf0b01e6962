-- What waits for a receiver that nobody tries just now is given up in time, too. In the order of the line,
-- whose index has those alone that wait.
WITH late AS (
  SELECT d.ctid
  FROM unnest($1::uuid[]) AS line (endpoint)
  CROSS JOIN LATERAL (
    SELECT ctid
    FROM gratis_messages.delivery
    WHERE endpoint = line.endpoint AND state = 1 AND give_up_at <= $2
    ORDER BY next_at, place
    LIMIT $3
    FOR UPDATE SKIP LOCKED) AS d
)
UPDATE gratis_messages.delivery AS d
SET state = 4, changed_at = $2, reason = CASE d.reason WHEN '' THEN 'expired' ELSE d.reason END
FROM late
WHERE d.ctid = late.ctid
