-- The draws that a member took part in, newest first: one look-up for each of the program's draws, which are few.
SELECT s.code, s.draw, s.drawn_at, took.outcome, took.transaction
FROM gratis_thanks.surprise s
CROSS JOIN LATERAL (
  SELECT e.outcome, e.transaction
  FROM gratis_thanks.surprise_entrant e
  WHERE e.partition = $1 AND e.draw = s.draw AND e.member = $2
  LIMIT 1
) AS took
WHERE s.program = $3 AND s.draw < $4
ORDER BY s.draw DESC
LIMIT $5
