SELECT voucher, member, lot, kind, basis_points, item, origin, one_live
FROM ledger.voucher
WHERE partition = $1 AND voucher >= $2
ORDER BY voucher
LIMIT $3
