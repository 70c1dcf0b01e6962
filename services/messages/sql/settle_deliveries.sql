-- What attempts came to. One whose lease another has taken over says nothing any more. Each is looked up in the order of
-- the key, which no other index has, whatever the planner thinks of the table's size; and written where it lies.
WITH held AS MATERIALIZED (
  SELECT own.ctid, s.*
  FROM unnest($2::integer[], $3::uuid[], $4::integer[], $5::smallint[], $6::timestamptz[], $7::smallint[], $8::text[],
              $9::integer[], $10::text[], $11::integer[])
    AS s (partition, delivery, attempt, state, next_at, outcome, reason, answer_code, answer, elapsed_ms)
  CROSS JOIN LATERAL (
    SELECT x.ctid, x.state, x.attempts
    FROM gratis_messages.delivery AS x
    WHERE x.partition = s.partition AND x.delivery BETWEEN s.delivery AND s.delivery
    ORDER BY x.delivery
    LIMIT 1
    FOR UPDATE) AS own
  WHERE own.state = 2 AND own.attempts = s.attempt
), settled AS (
  UPDATE gratis_messages.delivery AS d
  SET state = s.state, next_at = s.next_at, changed_at = $1, lease_until = NULL, handing_over = false,
      in_doubt = d.in_doubt OR s.outcome = 5, reason = s.reason, answer_code = s.answer_code, elapsed_ms = s.elapsed_ms
  FROM held AS s
  WHERE d.ctid = s.ctid
  RETURNING s.partition, s.delivery, s.attempt, s.outcome, s.reason, s.answer_code, s.answer, s.elapsed_ms
)
INSERT INTO gratis_messages.attempt (partition, delivery, number, ended_at, outcome, reason, answer_code, answer,
                                     elapsed_ms)
SELECT partition, delivery, attempt, $1, outcome, reason, answer_code, answer, elapsed_ms
FROM settled
WHERE outcome <> 1 OR attempt > 1
ON CONFLICT (partition, delivery, number) DO NOTHING
