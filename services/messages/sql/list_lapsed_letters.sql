-- Of the first $4 that are due in a line at $3, those of the program that must be decided anew, each with how its
-- message stands.
SELECT first.partition, first.message, own.state
FROM (
  SELECT d.program, d.partition, d.message, d.holds_until
  FROM gratis_messages.delivery d
  WHERE d.endpoint = $1 AND d.state = 1 AND d.next_at <= $3
  ORDER BY d.endpoint, d.next_at, d.place
  LIMIT $4
) AS first
CROSS JOIN LATERAL (
  SELECT w.state
  FROM gratis_messages.message w
  WHERE w.partition = first.partition AND w.id BETWEEN first.message AND first.message
  ORDER BY w.id
  LIMIT 1
) AS own
WHERE first.program = $2 AND first.holds_until <= $3
