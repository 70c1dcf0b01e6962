-- One look-up for each who is asked for; several rows for one with several wallets.
SELECT asked.ordinal, wallet.unit, wallet.available, wallet.pending, wallet.held, wallet.debt, wallet.next_due,
       wallet.active_at, holder.state
FROM unnest($1::integer[], $2::uuid[]) WITH ORDINALITY AS asked (partition, member, ordinal)
CROSS JOIN LATERAL (
  SELECT h.state
  FROM ledger.holder h
  WHERE h.partition = asked.partition AND h.member = asked.member
  LIMIT 1
) AS holder
LEFT JOIN LATERAL (
  SELECT w.unit, w.available, w.pending, w.held, w.debt, w.next_due, w.active_at
  FROM ledger.wallet w
  WHERE w.partition = asked.partition AND w.member = asked.member
  ORDER BY w.unit
  LIMIT 1000
) AS wallet ON true
