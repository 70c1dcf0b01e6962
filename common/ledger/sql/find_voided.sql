SELECT DISTINCT about
FROM ledger.journal
WHERE partition = $1 AND member = $2 AND seq > $3 AND kind = $5 AND about = ANY($4::uuid[])
