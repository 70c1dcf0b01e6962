-- What is kept already neither changes nor counts again.
WITH kept AS (
  INSERT INTO gratis_messages.engagement (partition, id, kind, happened_at, recorded_at)
  SELECT $1, said.id, said.kind, said.happened_at, $5
  FROM unnest($2::uuid[], $3::smallint[], $4::timestamptz[]) AS said (id, kind, happened_at)
  ORDER BY said.id, said.kind
  ON CONFLICT (partition, id, kind) DO NOTHING
  RETURNING id, kind
)
INSERT INTO gratis_messages.tally (partition, day, template, template_version, variant, trigger, channel, opened,
                                   clicked, unsubscribed)
SELECT m.partition, m.day, m.template, m.template_version, m.variant, m.trigger, m.channel,
       count(*) FILTER (WHERE kept.kind = 1), count(*) FILTER (WHERE kept.kind = 2),
       count(*) FILTER (WHERE kept.kind = 3)
FROM kept
JOIN gratis_messages.message AS m ON m.partition = $1 AND m.id = kept.id
WHERE m.day IS NOT NULL
GROUP BY m.partition, m.day, m.template, m.template_version, m.variant, m.trigger, m.channel
ORDER BY m.day, m.template, m.template_version, m.variant, m.trigger, m.channel
ON CONFLICT (partition, day, template, template_version, variant, trigger, channel)
DO UPDATE SET opened = tally.opened + excluded.opened, clicked = tally.clicked + excluded.clicked,
              unsubscribed = tally.unsubscribed + excluded.unsubscribed
