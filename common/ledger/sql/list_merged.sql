SELECT member, survivor
FROM ledger.holder
WHERE survivor IS NOT NULL
