-- An id that another partition has taken meanwhile fails the run, which is begun again.
INSERT INTO ledger.request (program, request_id, fingerprint, answer, partition, recorded_at, number, seal)
SELECT $1, request_id, fingerprint, answer, $2, $3, number, seal
FROM unnest($4::text[], $5::bytea[], $6::bytea[], $7::bigint[], $8::bytea[])
  AS done (request_id, fingerprint, answer, number, seal)
ORDER BY request_id
