-- One look-up for each row, as it lies: joined with the array by its key, a table that was empty when the
-- statement was planned would be walked whole for each of them. The head's lock keeps rows in their place.
UPDATE ledger.wallet AS w
SET available = n.available, pending = n.pending, held = n.held, debt = n.debt, next_due = n.next_due,
    active_at = n.active_at
FROM unnest($2::uuid[], $3::smallint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
            $8::timestamptz[], $9::timestamptz[])
  AS n (member, unit, available, pending, held, debt, next_due, active_at)
CROSS JOIN LATERAL (
  SELECT x.ctid
  FROM ledger.wallet x
  WHERE x.partition = $1 AND x.member = n.member AND x.unit = n.unit
  LIMIT 1
) AS place
WHERE w.ctid = place.ctid
