-- Once none is open: of the mails that waited, the last one is said, as one that comes after a
-- complaint; the others are said by it (state 3, why 11). Of other ways each waits for itself.
WITH waited AS (
  SELECT id, channel,
         row_number() OVER (PARTITION BY channel ORDER BY occurred_at DESC, id DESC) AS place
  FROM gratis_messages.message
  WHERE partition = $1 AND member = $2 AND state = 1 AND occasion <> 3
    AND (why = 5 OR seq > $3)
    AND NOT EXISTS (SELECT FROM gratis_messages.complaint c
                    WHERE c.partition = $1 AND c.member = $2)
)
UPDATE gratis_messages.message m
SET state = CASE WHEN waited.channel = 1 AND waited.place > 1 THEN 3 ELSE 1 END,
    why = CASE WHEN waited.channel = 1 AND waited.place > 1 THEN 11 ELSE 0 END,
    decided_at = CASE WHEN waited.channel = 1 AND waited.place > 1 THEN $4::timestamptz END,
    after_complaint = waited.channel = 1,
    due_at = $4
FROM waited
WHERE m.partition = $1 AND m.id = waited.id
