-- Whoever claims it, delivers it or brings it back waits here for whoever does, and then reads.
SELECT purchase
FROM gratis_thanks.unclaimed
WHERE partition = $1 AND purchase = ANY ($2::uuid[])
ORDER BY purchase
FOR UPDATE
