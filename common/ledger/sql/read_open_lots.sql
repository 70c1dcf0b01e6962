SELECT lot.seq, lot.member, lot.unit, lot.origin, lot.points, lot.earned_at, lot.available_at, lot.expires_at, lot.available,
       lot.pending, lot.held, lot.debt, lot.spent, lot.expired, lot.taken, lot.lent, lot.borrowed
FROM unnest($2::uuid[], $3::smallint[]) AS asked (member, unit)
CROSS JOIN LATERAL (
  SELECT l.*
  FROM ledger.lot l
  WHERE l.partition = $1 AND l.member = asked.member AND l.unit = asked.unit AND l.open
  ORDER BY l.expires_at, l.earned_at, l.seq
  LIMIT 1000000
) AS lot
