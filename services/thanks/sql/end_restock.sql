UPDATE gratis_thanks.restock
SET told_at = $3
WHERE program = $1 AND restock = $2 AND told_at IS NULL
