SELECT lot.seq, lot.member, lot.unit, lot.origin, lot.points, lot.earned_at, lot.available_at, lot.expires_at, lot.available,
       lot.pending, lot.held, lot.debt, lot.spent, lot.expired, lot.taken, lot.lent, lot.borrowed
FROM unnest($2::uuid[]) AS asked (hold)
CROSS JOIN LATERAL (
  SELECT p.lot
  FROM ledger.pin p
  WHERE p.partition = $1 AND p.hold = asked.hold
  ORDER BY p.lot
  LIMIT 1000000
) AS pinned
CROSS JOIN LATERAL (
  SELECT l.*
  FROM ledger.lot l
  WHERE l.partition = $1 AND l.seq = pinned.lot
  LIMIT 1
) AS lot
