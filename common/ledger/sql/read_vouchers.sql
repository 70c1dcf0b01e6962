SELECT found.voucher, found.member, found.lot, found.kind, found.basis_points, found.item, found.origin, found.one_live
FROM unnest($2::uuid[]) AS asked (voucher)
CROSS JOIN LATERAL (
  SELECT v.*
  FROM ledger.voucher v
  WHERE v.partition = $1 AND v.voucher = asked.voucher
  LIMIT 1
) AS found
