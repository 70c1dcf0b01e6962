UPDATE ledger.lot AS l
SET available = n.available, pending = n.pending, held = n.held, debt = n.debt, spent = n.spent,
    expired = n.expired, taken = n.taken, lent = n.lent, borrowed = n.borrowed, open = n.open
FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
            $9::bigint[], $10::bigint[], $11::bigint[], $12::boolean[])
  AS n (seq, available, pending, held, debt, spent, expired, taken, lent, borrowed, open)
WHERE l.partition = $1 AND l.seq = n.seq
