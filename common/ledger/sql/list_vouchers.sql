-- Those that live first, as they expire; then the others, the latest first. A member's vouchers are
-- few enough to be put in order each time.
SELECT voucher, over, expires_at, lot
FROM (
  SELECT v.voucher, NOT l.alive AS over,
         CASE WHEN l.alive THEN l.expires_at ELSE 'infinity' END AS expires_at,
         CASE WHEN l.alive THEN v.lot ELSE -v.lot END AS lot
  FROM ledger.voucher v
  CROSS JOIN LATERAL (
    SELECT lot.expires_at, lot.open AND lot.expires_at > $3 AS alive
    FROM ledger.lot lot
    WHERE lot.partition = $1 AND lot.seq = v.lot
    LIMIT 1
  ) AS l
  WHERE v.partition = $1 AND v.member = $2
) AS placed
WHERE (over, expires_at, lot) > ($4, $5, $6)
ORDER BY over, expires_at, lot
LIMIT $7
