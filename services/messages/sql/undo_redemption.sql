-- Of what the entry $2 redeemed, $4 came back, to the lot $3 if that matters (0: it redeemed a voucher). A message of
-- whose gift nothing is redeemed any more counts no longer.
WITH undone AS (
  UPDATE gratis_messages.redemption AS r
  SET points = r.points - $4
  FROM gratis_messages.message AS m
  WHERE r.partition = $1 AND r.seq = $2 AND m.partition = $1 AND m.id = r.id AND ($3 = 0 OR m.seq = $3)
  RETURNING r.id
)
INSERT INTO gratis_messages.tally (partition, day, template, template_version, variant, trigger, channel, redeemed)
SELECT m.partition, m.day, m.template, m.template_version, m.variant, m.trigger, m.channel, -count(*)
FROM undone
JOIN gratis_messages.message AS m ON m.partition = $1 AND m.id = undone.id
CROSS JOIN LATERAL (
  SELECT sum(r.points) AS points
  FROM gratis_messages.redemption AS r
  WHERE r.partition = $1 AND r.id = m.id
) AS before
WHERE before.points > 0 AND before.points <= $4
GROUP BY m.partition, m.day, m.template, m.template_version, m.variant, m.trigger, m.channel
ORDER BY m.day, m.template, m.template_version, m.variant, m.trigger, m.channel
ON CONFLICT (partition, day, template, template_version, variant, trigger, channel)
DO UPDATE SET redeemed = tally.redeemed + excluded.redeemed
