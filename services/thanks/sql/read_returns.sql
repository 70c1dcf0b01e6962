SELECT r.purchase, r.return_id, r.transaction, r.returned_at, r.recorded_at, r.points_taken, r.body::text
FROM unnest($2::uuid[]) AS asked (purchase)
CROSS JOIN LATERAL (
  SELECT *
  FROM gratis_thanks.purchase_return
  WHERE partition = $1 AND purchase = asked.purchase
  ORDER BY number
  LIMIT 100000
) AS r
