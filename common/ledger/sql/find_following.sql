-- What a member's later rows did with these lots, or with what these holds, vouchers and
-- adjustments are.
SELECT j.transaction, min(j.seq)
FROM ledger.journal j
WHERE j.partition = $1 AND j.member = $2 AND j.seq > $3
      AND (j.about = ANY ($5)
           OR EXISTS (SELECT FROM ledger.allocation a
                      WHERE a.partition = $1 AND a.seq = j.seq AND (a.debit_lot = ANY ($4) OR a.credit_lot = ANY ($4))))
GROUP BY j.transaction
ORDER BY min(j.seq)
LIMIT $6
