INSERT INTO gratis_thanks.restock (program, restock, sku, store, item, restocked_at, recorded_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
