-- Of the mails that one was to say for all, after a complaint, and does not (why 11): the next to be said takes its
-- place, in the order of join_after_complaint.sql. One look-up for each.
UPDATE gratis_messages.message AS m
SET state = 1, why = 0, decided_at = NULL, due_at = $3
FROM unnest($2::uuid[]) AS silent (id)
CROSS JOIN LATERAL (
  SELECT w.member, w.joined_at
  FROM gratis_messages.message w
  WHERE w.partition = $1 AND w.id BETWEEN silent.id AND silent.id
  ORDER BY w.id
  LIMIT 1
) AS own
CROSS JOIN LATERAL (
  SELECT w.ctid
  FROM gratis_messages.message w
  WHERE w.partition = $1 AND w.member = own.member AND w.state = 3 AND w.why = 11 AND w.joined_at = own.joined_at
  ORDER BY w.occasion = 2 DESC, w.occurred_at DESC, w.id DESC
  LIMIT 1
) AS next
WHERE m.ctid = next.ctid
