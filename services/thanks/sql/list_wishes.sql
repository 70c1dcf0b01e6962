SELECT member, sku, store, origin, noted_at, state, ended_at, purchase
FROM gratis_thanks.wish
WHERE partition = $1 AND member = $2 AND (sku, store) > ($3, $4::text) AND ($5 = false OR state = 1 AND noted_at > $6)
ORDER BY sku, store
LIMIT $7
