-- Purchases of members made from $2 on and before $3, in the order in which they were recorded, and when each's member
-- had bought before.
SELECT p.purchase, (SELECT max(e.purchased_at)
                    FROM gratis_thanks.purchase e
                    WHERE e.partition = p.partition AND e.member = p.member AND e.purchase < p.purchase)
FROM gratis_thanks.purchase p
WHERE p.partition = $1 AND p.purchase > $4 AND p.purchased_at >= $2 AND p.purchased_at < $3
ORDER BY p.purchase
LIMIT $5
