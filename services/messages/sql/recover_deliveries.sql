-- What processes that are gone had begun waits again. A letter that was being handed over is in doubt.
WITH lost AS (
  SELECT ctid, handing_over
  FROM gratis_messages.delivery
  WHERE state = 2 AND lease_until <= $1
  ORDER BY lease_until
  LIMIT $2
  FOR UPDATE SKIP LOCKED
), waiting AS (
  UPDATE gratis_messages.delivery AS d
  SET state = 1, next_at = $1, changed_at = $1, lease_until = NULL, handing_over = false,
      in_doubt = d.in_doubt OR lost.handing_over, reason = CASE WHEN lost.handing_over THEN 'in_doubt' ELSE 'lost' END,
      answer_code = 0
  FROM lost
  WHERE d.ctid = lost.ctid
  RETURNING d.partition, d.delivery, d.attempts, lost.handing_over, d.reason
)
INSERT INTO gratis_messages.attempt (partition, delivery, number, ended_at, outcome, reason, answer_code, answer,
                                     elapsed_ms)
SELECT partition, delivery, attempts, $1, CASE WHEN handing_over THEN 5 ELSE 4 END, reason, 0, '', 0
FROM waiting
ON CONFLICT (partition, delivery, number) DO NOTHING
