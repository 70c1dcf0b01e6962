SELECT coalesce(w.available, 0)
FROM ledger.holder h
LEFT JOIN ledger.wallet w USING (partition, member)
WHERE h.partition = $1 AND h.member = $2
