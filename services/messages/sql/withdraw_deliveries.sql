-- Messages that wait in line are not to go out after all. Looked up as in hold_deliveries.sql.
UPDATE gratis_messages.delivery AS d
SET state = 4, reason = 'withheld', changed_at = $3
FROM unnest($4::uuid[]) AS withheld (message)
CROSS JOIN LATERAL (
  SELECT w.ctid
  FROM gratis_messages.delivery w
  WHERE w.program = $1 AND w.message BETWEEN withheld.message AND withheld.message AND w.channel = $2 AND w.state = 1
  ORDER BY w.message
  LIMIT 1
) AS place
WHERE d.ctid = place.ctid
