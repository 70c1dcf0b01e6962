SELECT lot.seq, lot.member, lot.unit, lot.origin, lot.points, lot.earned_at, lot.available_at, lot.expires_at, lot.available,
       lot.pending, lot.held, lot.debt, lot.spent, lot.expired, lot.taken, lot.lent, lot.borrowed
FROM unnest($2::bigint[]) AS asked (seq)
CROSS JOIN LATERAL (
  SELECT l.*
  FROM ledger.lot l
  WHERE l.partition = $1 AND l.seq = asked.seq
  LIMIT 1
) AS lot
