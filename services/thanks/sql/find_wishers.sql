-- Who waits for something that is back at $3, where $3 may be no store, and since before $4, but not since before $5.
SELECT DISTINCT member
FROM gratis_thanks.wish
WHERE partition = $1 AND state = 1 AND sku = $2 AND store IN ('', $3) AND noted_at <= $4 AND noted_at > $5
  AND member > $6
ORDER BY member
LIMIT $7
