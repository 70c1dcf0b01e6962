-- One look-up for each member, whatever the planner thinks of the tables' sizes.
SELECT asked.member, holder.enrolled_at, holder.state, wallet.unit, wallet.available, wallet.pending, wallet.held,
       wallet.debt, wallet.next_due, wallet.active_at, holder.survivor
FROM unnest($2::uuid[]) AS asked (member)
CROSS JOIN LATERAL (
  SELECT h.enrolled_at, h.state, h.survivor
  FROM ledger.holder h
  WHERE h.partition = $1 AND h.member = asked.member
  LIMIT 1
) AS holder
LEFT JOIN LATERAL (
  SELECT w.unit, w.available, w.pending, w.held, w.debt, w.next_due, w.active_at
  FROM ledger.wallet w
  WHERE w.partition = $1 AND w.member = asked.member
  ORDER BY w.unit
  LIMIT 1000
) AS wallet ON true
