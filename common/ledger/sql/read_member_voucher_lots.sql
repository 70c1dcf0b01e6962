SELECT lot.seq, lot.member, lot.unit, lot.origin, lot.points, lot.earned_at, lot.available_at, lot.expires_at, lot.available,
       lot.pending, lot.held, lot.debt, lot.spent, lot.expired, lot.taken, lot.lent, lot.borrowed
FROM unnest($2::uuid[]) AS asked (member)
CROSS JOIN LATERAL (
  SELECT v.lot
  FROM ledger.voucher v
  WHERE v.partition = $1 AND v.member = asked.member
  ORDER BY v.lot
  LIMIT 1000000
) AS found
CROSS JOIN LATERAL (
  SELECT l.*
  FROM ledger.lot l
  WHERE l.partition = $1 AND l.seq = found.lot
  LIMIT 1
) AS lot
