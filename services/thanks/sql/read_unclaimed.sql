-- What nobody has claimed yet, and what was claimed since: then `member` has it.
SELECT asked.purchase, unclaimed.body, delivery.delivered_at, moved.member, moved.became
FROM unnest($2::uuid[]) AS asked (purchase)
LEFT JOIN LATERAL (
  SELECT u.body::text AS body
  FROM gratis_thanks.unclaimed u
  WHERE u.partition = $1 AND u.purchase = asked.purchase
  LIMIT 1
) AS unclaimed ON true
LEFT JOIN LATERAL (
  SELECT d.delivered_at
  FROM gratis_thanks.delivery d
  WHERE d.partition = $1 AND d.purchase = asked.purchase
  LIMIT 1
) AS delivery ON true
LEFT JOIN LATERAL (
  SELECT m.member, m.became
  FROM gratis_thanks.moved m
  WHERE m.partition = $1 AND m.purchase = asked.purchase
  LIMIT 1
) AS moved ON true
