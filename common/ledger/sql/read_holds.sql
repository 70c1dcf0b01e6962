-- A row for each lot that a hold pins.
SELECT found.hold, found.member, found.unit, found.points, found.placed_at, found.expires_at, pinned.lot,
       pinned.points
FROM unnest($2::uuid[]) AS asked (hold)
CROSS JOIN LATERAL (
  SELECT h.hold, h.member, h.unit, h.points, h.placed_at, h.expires_at
  FROM ledger.hold h
  WHERE h.partition = $1 AND h.hold = asked.hold
  LIMIT 1
) AS found
CROSS JOIN LATERAL (
  SELECT p.lot, p.points
  FROM ledger.pin p
  WHERE p.partition = $1 AND p.hold = found.hold
  ORDER BY p.lot
  LIMIT 1000000
) AS pinned
