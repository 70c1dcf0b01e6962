-- Who was merged into a member, whatever partition they are in.
SELECT member
FROM ledger.holder
WHERE survivor = $1
ORDER BY member
LIMIT $2
