SELECT h.state, w.unit, w.available, w.pending, w.held, w.debt, w.next_due, w.active_at
FROM ledger.holder h
LEFT JOIN ledger.wallet w USING (partition, member)
WHERE h.partition = $1 AND h.member = $2
ORDER BY w.unit
