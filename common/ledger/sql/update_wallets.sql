UPDATE ledger.wallet AS w
SET available = n.available, pending = n.pending, held = n.held, debt = n.debt, next_due = n.next_due,
    active_at = n.active_at
FROM unnest($2::uuid[], $3::smallint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
            $8::timestamptz[], $9::timestamptz[])
  AS n (member, unit, available, pending, held, debt, next_due, active_at)
WHERE w.partition = $1 AND w.member = n.member AND w.unit = n.unit
