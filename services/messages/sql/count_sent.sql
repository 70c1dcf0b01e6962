-- $3 is 1, or -1 to take it back. Tasks are for staff, and no messages to members.
INSERT INTO gratis_messages.tally (partition, day, template, template_version, variant, trigger, channel, sent)
SELECT m.partition, m.day, m.template, m.template_version, m.variant, m.trigger, m.channel, count(*) * $3
FROM unnest($2::uuid[]) AS said (id)
CROSS JOIN LATERAL (
  SELECT w.*
  FROM gratis_messages.message w
  WHERE w.partition = $1 AND w.id BETWEEN said.id AND said.id
  ORDER BY w.id
  LIMIT 1
) AS m
WHERE m.state = 2 AND m.channel IN (1, 3) AND m.day IS NOT NULL
GROUP BY m.partition, m.day, m.template, m.template_version, m.variant, m.trigger, m.channel
ORDER BY m.day, m.template, m.template_version, m.variant, m.trigger, m.channel
ON CONFLICT (partition, day, template, template_version, variant, trigger, channel)
DO UPDATE SET sent = tally.sent + excluded.sent
