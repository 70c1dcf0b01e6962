SELECT found.voucher, found.member, found.lot, found.kind, found.basis_points, found.item, found.origin,
       found.one_live
FROM unnest($2::uuid[]) AS asked (member)
CROSS JOIN LATERAL (
  SELECT v.*
  FROM ledger.voucher v
  WHERE v.partition = $1 AND v.member = asked.member
  ORDER BY v.lot
  LIMIT 1000000
) AS found
