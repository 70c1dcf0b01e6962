-- What attempts came to. One whose lease another has taken over says nothing any more.
WITH settled AS (
  UPDATE gratis_messages.delivery AS d
  SET state = s.state, next_at = s.next_at, changed_at = $1, lease_until = NULL, handing_over = false,
      in_doubt = d.in_doubt OR s.outcome = 5, reason = s.reason, answer_code = s.answer_code, elapsed_ms = s.elapsed_ms
  FROM unnest($2::integer[], $3::uuid[], $4::integer[], $5::smallint[], $6::timestamptz[], $7::smallint[], $8::text[],
              $9::integer[], $10::text[], $11::integer[])
    AS s (partition, delivery, attempt, state, next_at, outcome, reason, answer_code, answer, elapsed_ms)
  WHERE d.partition = s.partition AND d.delivery = s.delivery AND d.state = 2 AND d.attempts = s.attempt
  RETURNING s.partition, s.delivery, s.attempt, s.outcome, s.reason, s.answer_code, s.answer, s.elapsed_ms
)
INSERT INTO gratis_messages.attempt (partition, delivery, number, ended_at, outcome, reason, answer_code, answer,
                                     elapsed_ms)
SELECT partition, delivery, attempt, $1, outcome, reason, answer_code, answer, elapsed_ms
FROM settled
WHERE outcome <> 1 OR attempt > 1
ON CONFLICT (partition, delivery, number) DO NOTHING
