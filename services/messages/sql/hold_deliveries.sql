-- Messages that wait in line are to wait longer, each as many microseconds as it says from $3 on, and are not given up
-- any sooner for it.
UPDATE gratis_messages.delivery AS d
SET next_at = $3 + held.micros * interval '1 microsecond', give_up_at = d.give_up_at + held.micros * interval '1 microsecond',
    changed_at = $3
FROM unnest($4::uuid[], $5::bigint[]) AS held (message, micros)
CROSS JOIN LATERAL (
  SELECT w.ctid
  FROM gratis_messages.delivery w
  WHERE w.program = $1 AND w.message BETWEEN held.message AND held.message AND w.channel = $2 AND w.state = 1
  ORDER BY w.message
  LIMIT 1
) AS place
WHERE d.ctid = place.ctid
