SELECT restock, sku, store, item, restocked_at, recorded_at
FROM gratis_thanks.restock
WHERE program = $1 AND told_at IS NULL AND restock > $2
ORDER BY restock
LIMIT $3
