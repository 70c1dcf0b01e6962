SELECT asked.member, wallet.unit, wallet.available, wallet.pending, wallet.held, wallet.debt, wallet.next_due,
       wallet.active_at
FROM unnest($2::uuid[]) AS asked (member)
CROSS JOIN LATERAL (
  SELECT w.unit, w.available, w.pending, w.held, w.debt, w.next_due, w.active_at
  FROM ledger.wallet w
  WHERE w.partition = $1 AND w.member = asked.member
  ORDER BY w.unit
  LIMIT 1000
) AS wallet
