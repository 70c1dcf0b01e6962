-- An id that another partition has taken meanwhile fails the run, which is begun again.
INSERT INTO ledger.request (program, request_id, fingerprint, answer, partition, recorded_at, number, seal)
SELECT $1, request_id, fingerprint, answer, $2, $3, number, seal
FROM (
  SELECT unnest($4::text[]) AS request_id, unnest($5::bytea[]) AS fingerprint,
         unnest($6::bytea[]) AS answer, unnest($7::bigint[]) AS number, unnest($8::bytea[]) AS seal
) AS done
ORDER BY request_id
