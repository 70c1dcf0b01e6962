SELECT partition, seq
FROM ledger.head
WHERE partition = ANY ($1::integer[])
