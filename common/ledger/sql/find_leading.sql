-- The earlier transactions of a member about these holds, vouchers and adjustments.
SELECT j.transaction, min(j.seq)
FROM ledger.journal j
WHERE j.partition = $1 AND j.member = $2 AND j.seq < $3 AND j.about = ANY ($4)
GROUP BY j.transaction
ORDER BY min(j.seq)
LIMIT $5
