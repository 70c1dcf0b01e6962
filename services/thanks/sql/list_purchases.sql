SELECT purchase, member, source, order_id, currency_code, total_minor, item_count, purchased_at,
       recorded_at, transaction, policy_version, points, points_per_unit, rounding, note,
       thanks_outcome, thanks_why, bonus_points
FROM gratis_thanks.purchase
WHERE partition = $1 AND member = $2 AND purchase > $3
ORDER BY purchase
LIMIT $4
