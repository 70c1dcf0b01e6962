-- One look-up for each row, as it lies: joined with the array by its key, a table that was empty when the
-- statement was planned would be walked whole for each of them. The head's lock keeps rows in their place.
UPDATE ledger.lot AS l
SET available = n.available, pending = n.pending, held = n.held, debt = n.debt, spent = n.spent,
    expired = n.expired, taken = n.taken, lent = n.lent, borrowed = n.borrowed, open = n.open
FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
            $9::bigint[], $10::bigint[], $11::bigint[], $12::boolean[])
  AS n (seq, available, pending, held, debt, spent, expired, taken, lent, borrowed, open)
CROSS JOIN LATERAL (
  SELECT x.ctid
  FROM ledger.lot x
  WHERE x.partition = $1 AND x.seq = n.seq
  LIMIT 1
) AS place
WHERE l.ctid = place.ctid
