-- Messages that wait in line are to wait until later, and are tried for no less long for it: what is added to their
-- wait is added to their end.
UPDATE gratis_messages.delivery AS d
SET next_at = held.next_at, changed_at = $3,
    give_up_at = d.give_up_at + greatest(held.next_at - greatest(d.next_at, $3), interval '0')
FROM unnest($4::uuid[], $5::timestamptz[]) AS held (message, next_at)
CROSS JOIN LATERAL (
  SELECT w.ctid
  FROM gratis_messages.delivery w
  WHERE w.program = $1 AND w.message BETWEEN held.message AND held.message AND w.channel = $2 AND w.state = 1
  ORDER BY w.message
  LIMIT 1
) AS place
WHERE d.ctid = place.ctid
