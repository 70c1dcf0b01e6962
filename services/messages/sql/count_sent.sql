-- Tasks are for staff, and no messages to members.
INSERT INTO gratis_messages.tally (partition, day, template, template_version, variant, trigger, channel, sent)
SELECT m.partition, m.day, m.template, m.template_version, m.variant, m.trigger, m.channel, count(*)
FROM gratis_messages.message AS m
WHERE m.partition = $1 AND m.id = ANY ($2) AND m.state = 2 AND m.channel IN (1, 3) AND m.day IS NOT NULL
GROUP BY m.partition, m.day, m.template, m.template_version, m.variant, m.trigger, m.channel
ORDER BY m.day, m.template, m.template_version, m.variant, m.trigger, m.channel
ON CONFLICT (partition, day, template, template_version, variant, trigger, channel)
DO UPDATE SET sent = tally.sent + excluded.sent
