-- An id that another partition has taken meanwhile fails the run, which is begun again. All partitions' in one
-- statement, by id: of two sets that share several, the later waits at the first of them and holds none yet.
INSERT INTO ledger.request (program, request_id, fingerprint, answer, partition, recorded_at, number, seal)
SELECT $1, request_id, fingerprint, answer, partition, $2, number, seal
FROM (
  SELECT unnest($3::text[]) AS request_id, unnest($4::bytea[]) AS fingerprint,
         unnest($5::bytea[]) AS answer, unnest($6::integer[]) AS partition, unnest($7::bigint[]) AS number,
         unnest($8::bytea[]) AS seal
) AS done
ORDER BY request_id
