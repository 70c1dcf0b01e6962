-- The vouchers of each member whose lots are open.
SELECT found.voucher, found.member, found.lot, found.kind, found.basis_points, found.item, found.origin,
       found.one_live
FROM unnest($2::uuid[]) AS asked (member)
CROSS JOIN LATERAL (
  SELECT l.seq
  FROM ledger.lot l
  WHERE l.partition = $1 AND l.member = asked.member AND l.unit >= 100 AND l.open
  ORDER BY l.unit, l.expires_at, l.earned_at, l.seq
  LIMIT 1000000
) AS lot
CROSS JOIN LATERAL (
  SELECT v.*
  FROM ledger.voucher v
  WHERE v.partition = $1 AND v.member = asked.member AND v.lot = lot.seq
  LIMIT 1
) AS found
