-- One look-up for each row, as it lies: joined with the array by its key, a table that was empty when the
-- statement was planned would be walked whole for each of them. The head's lock keeps rows in their place.
UPDATE ledger.lot AS l
SET available = n.available, pending = n.pending, held = n.held, debt = n.debt, spent = n.spent,
    expired = n.expired, taken = n.taken, lent = n.lent, borrowed = n.borrowed, open = n.open,
    expires_at = n.expires_at
FROM (
  SELECT unnest($2::bigint[]) AS seq, unnest($3::bigint[]) AS available, unnest($4::bigint[]) AS pending,
         unnest($5::bigint[]) AS held, unnest($6::bigint[]) AS debt, unnest($7::bigint[]) AS spent,
         unnest($8::bigint[]) AS expired, unnest($9::bigint[]) AS taken, unnest($10::bigint[]) AS lent,
         unnest($11::bigint[]) AS borrowed, unnest($12::boolean[]) AS open,
         unnest($13::timestamptz[]) AS expires_at
) AS n
CROSS JOIN LATERAL (
  SELECT x.ctid
  FROM ledger.lot x
  WHERE x.partition = $1 AND x.seq = n.seq
  LIMIT 1
) AS place
WHERE l.ctid = place.ctid
