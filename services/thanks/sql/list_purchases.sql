SELECT purchase.purchase, purchase.member, source, order_id, currency_code, total_minor, item_count, purchased_at,
       purchase.recorded_at, purchase.transaction, policy_version, points, points_per_unit, rounding, note,
       thanks_outcome, thanks_why, bonus_points, store, till, business_date, receipt, position,
       more::text, delivery.delivered_at
FROM (
  SELECT *
  FROM gratis_thanks.purchase p
  WHERE p.partition = $1 AND p.member = $2 AND p.purchase > $3
  ORDER BY p.purchase
  LIMIT $4
) AS purchase
LEFT JOIN LATERAL (
  SELECT d.delivered_at
  FROM gratis_thanks.delivery d
  WHERE d.partition = $1 AND d.purchase = purchase.purchase
  LIMIT 1
) AS delivery ON true
ORDER BY purchase.purchase
