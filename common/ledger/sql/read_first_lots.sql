-- The first so many lots of each wallet that have points to spend.
SELECT lot.seq, lot.member, lot.unit, lot.origin, lot.points, lot.earned_at, lot.available_at, lot.expires_at, lot.available,
       lot.pending, lot.held, lot.debt, lot.spent, lot.expired, lot.taken, lot.lent, lot.borrowed
FROM unnest($2::uuid[], $3::smallint[], $4::integer[]) AS asked (member, unit, count)
CROSS JOIN LATERAL (
  SELECT l.*
  FROM ledger.lot l
  WHERE l.partition = $1 AND l.member = asked.member AND l.unit = asked.unit AND l.open AND l.available > 0
  ORDER BY l.expires_at, l.earned_at, l.seq
  LIMIT asked.count
) AS lot
