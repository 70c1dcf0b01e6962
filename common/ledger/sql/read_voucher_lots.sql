SELECT lot.seq, lot.member, lot.unit, lot.origin, lot.points, lot.earned_at, lot.available_at, lot.expires_at, lot.available,
       lot.pending, lot.held, lot.debt, lot.spent, lot.expired, lot.taken, lot.lent, lot.borrowed
FROM unnest($2::uuid[]) AS asked (voucher)
CROSS JOIN LATERAL (
  SELECT v.lot
  FROM ledger.voucher v
  WHERE v.partition = $1 AND v.voucher = asked.voucher
  LIMIT 1
) AS found
CROSS JOIN LATERAL (
  SELECT l.*
  FROM ledger.lot l
  WHERE l.partition = $1 AND l.seq = found.lot
  LIMIT 1
) AS lot
