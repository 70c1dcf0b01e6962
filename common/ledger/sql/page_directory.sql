-- See page_requests.
SELECT kind, key, partition, id, number, seal
FROM ledger.directory
WHERE ctid >= ('(' || $2::bigint || ',0)')::tid AND ctid < ('(' || $3::bigint || ',0)')::tid AND program = $1
