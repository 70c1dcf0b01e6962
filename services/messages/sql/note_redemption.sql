-- A part of what the entry $6 redeemed: of the lot $3, or of the voucher $4. It counts for whatever told the member
-- last that they had it: the messages of one fact, whose seq they have, that went out before and did not leave it out.
WITH carried AS (
  SELECT m.id, m.seq
  FROM gratis_messages.message AS m
  WHERE $4 = '' AND m.partition = $1 AND m.member = $2 AND m.seq = $3 AND m.points > 0
    AND m.state = 2 AND m.channel IN (1, 3) AND m.day IS NOT NULL AND m.decided_at <= $5
    AND 'gift' <> ALL (string_to_array(m.left_out, ','))
  UNION ALL
  SELECT m.id, m.seq
  FROM gratis_messages.message AS m
  WHERE m.voucher <> '' AND m.partition = $1 AND m.voucher = $4 AND m.member = $2
    AND m.state = 2 AND m.channel IN (1, 3) AND m.day IS NOT NULL AND m.decided_at <= $5
    AND 'voucher' <> ALL (string_to_array(m.left_out, ','))
), noted AS (
  INSERT INTO gratis_messages.redemption (partition, seq, id, points)
  SELECT $1, $6, carried.id, $7
  FROM carried
  WHERE carried.seq = (SELECT max(seq) FROM carried)
  ON CONFLICT (partition, seq, id) DO NOTHING
  RETURNING id
)
INSERT INTO gratis_messages.tally (partition, day, template, template_version, variant, trigger, channel, redeemed)
SELECT m.partition, m.day, m.template, m.template_version, m.variant, m.trigger, m.channel, count(*)
FROM noted
JOIN gratis_messages.message AS m ON m.partition = $1 AND m.id = noted.id
CROSS JOIN LATERAL (
  SELECT coalesce(sum(r.points), 0) AS points
  FROM gratis_messages.redemption AS r
  WHERE r.partition = $1 AND r.id = m.id
) AS before
WHERE before.points <= 0
GROUP BY m.partition, m.day, m.template, m.template_version, m.variant, m.trigger, m.channel
ORDER BY m.day, m.template, m.template_version, m.variant, m.trigger, m.channel
ON CONFLICT (partition, day, template, template_version, variant, trigger, channel)
DO UPDATE SET redeemed = tally.redeemed + excluded.redeemed
