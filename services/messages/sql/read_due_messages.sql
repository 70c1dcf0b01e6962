-- Of those, the ones that still wait and are still due; their partition's cursor is locked. One look-up for each, in the
-- order of the key, which no other index has, whatever the planner thinks of the table's size.
SELECT due.id, due.member, due.channel, due.occasion, due.template, due.transaction, due.purchase, due.store,
       due.occurred_at, due.max_age_seconds, due.detail, due.points, due.after_complaint,
       due.template_version > 0
FROM unnest($2::uuid[]) AS asked (id)
CROSS JOIN LATERAL (
  SELECT m.*
  FROM gratis_messages.message m
  WHERE m.partition = $1 AND m.id BETWEEN asked.id AND asked.id
  ORDER BY m.id
  LIMIT 1
) AS due
WHERE due.state = 1 AND due.due_at <= $3
ORDER BY due.occurred_at, due.id
