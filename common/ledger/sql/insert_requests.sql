-- An id that another partition has taken meanwhile fails the run, which is begun again.
INSERT INTO ledger.request (program, request_id, fingerprint, answer, partition, recorded_at)
SELECT $1, request_id, fingerprint, answer, $2, $3
FROM unnest($4::text[], $5::bytea[], $6::bytea[]) AS done (request_id, fingerprint, answer)
ORDER BY request_id
