-- One look-up for each row, as it lies: joined with the array by its key, a table that was empty when the
-- statement was planned would be walked whole for each of them. The head's lock keeps rows in their place.
UPDATE ledger.wallet AS w
SET available = n.available, pending = n.pending, held = n.held, debt = n.debt, next_due = n.next_due,
    active_at = n.active_at
FROM (
  SELECT unnest($2::uuid[]) AS member, unnest($3::smallint[]) AS unit, unnest($4::bigint[]) AS available,
         unnest($5::bigint[]) AS pending, unnest($6::bigint[]) AS held, unnest($7::bigint[]) AS debt,
         unnest($8::timestamptz[]) AS next_due, unnest($9::timestamptz[]) AS active_at
) AS n
CROSS JOIN LATERAL (
  SELECT x.ctid
  FROM ledger.wallet x
  WHERE x.partition = $1 AND x.member = n.member AND x.unit = n.unit
  LIMIT 1
) AS place
WHERE w.ctid = place.ctid
