-- Open lots of each who is asked for, with the voucher that is kept in one. A member's are few enough to be
-- read each time.
SELECT lot.seq, lot.member, lot.unit, lot.origin, lot.points, lot.earned_at, lot.available_at, lot.expires_at,
       lot.available, lot.pending, lot.held, lot.debt, lot.spent, lot.expired, lot.taken, lot.lent, lot.borrowed,
       voucher.voucher, voucher.kind, voucher.basis_points, voucher.item, voucher.origin, voucher.one_live,
       lot.partition
FROM unnest($1::integer[], $2::uuid[]) AS asked (partition, member)
CROSS JOIN LATERAL (
  SELECT l.*
  FROM ledger.lot l
  WHERE l.partition = asked.partition AND l.member = asked.member AND l.open
  ORDER BY l.unit, l.expires_at, l.earned_at, l.seq
  LIMIT 1000000
) AS lot
LEFT JOIN LATERAL (
  SELECT v.voucher, v.kind, v.basis_points, v.item, v.origin, v.one_live
  FROM ledger.voucher v
  WHERE v.partition = lot.partition AND v.member = lot.member AND v.lot = lot.seq
  LIMIT 1
) AS voucher ON lot.unit > $3
