-- What was read before stays read when it was, and counts no more.
WITH first AS (
  INSERT INTO gratis_messages.inbox_read (partition, id, read_at)
  SELECT $1, marked.id, marked.read_at
  FROM unnest($2::uuid[], $3::timestamptz[]) AS marked (id, read_at)
  ORDER BY marked.id, marked.read_at
  ON CONFLICT (partition, id) DO NOTHING
  RETURNING id
)
INSERT INTO gratis_messages.tally (partition, day, template, template_version, variant, trigger, channel, opened)
SELECT m.partition, m.day, m.template, m.template_version, m.variant, m.trigger, m.channel, count(*)
FROM first
JOIN gratis_messages.message AS m ON m.partition = $1 AND m.id = first.id
WHERE m.day IS NOT NULL
GROUP BY m.partition, m.day, m.template, m.template_version, m.variant, m.trigger, m.channel
ORDER BY m.day, m.template, m.template_version, m.variant, m.trigger, m.channel
ON CONFLICT (partition, day, template, template_version, variant, trigger, channel)
DO UPDATE SET opened = tally.opened + excluded.opened
