SELECT purchase.purchase, purchase.member, source, order_id, currency_code, total_minor, item_count, purchased_at,
       purchase.recorded_at, purchase.transaction, policy_version, points, points_per_unit, rounding, note,
       thanks_outcome, thanks_why, bonus_points, store, till, business_date, receipt, position,
       more::text, delivery.delivered_at
FROM unnest($2::uuid[]) AS asked (purchase)
CROSS JOIN LATERAL (
  SELECT p.*
  FROM gratis_thanks.purchase p
  WHERE p.partition = $1 AND p.purchase = asked.purchase
  LIMIT 1
) AS purchase
LEFT JOIN LATERAL (
  SELECT d.delivered_at
  FROM gratis_thanks.delivery d
  WHERE d.partition = $1 AND d.purchase = asked.purchase
  LIMIT 1
) AS delivery ON true
