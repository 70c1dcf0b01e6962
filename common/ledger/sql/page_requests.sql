-- So many blocks of the table as they lie, which no index does as fast. Rows that were there when a
-- walk through it began stay where they are: none is ever changed, and requests are never deleted.
SELECT request_id, fingerprint, answer, partition, recorded_at, number, seal
FROM ledger.request
WHERE ctid >= ('(' || $2::bigint || ',0)')::tid AND ctid < ('(' || $3::bigint || ',0)')::tid AND program = $1
