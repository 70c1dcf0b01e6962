-- In key order, so that two postings which claim the same keys wait for each other and never in a ring. A
-- name that was taken meanwhile fails the run, which is begun again.
INSERT INTO ledger.directory (program, kind, key, partition, id, number, seal)
SELECT $1, kind, key, partition, id, number, seal
FROM (
  SELECT unnest($2::smallint[]) AS kind, unnest($3::bytea[]) AS key, unnest($4::integer[]) AS partition,
         unnest($5::uuid[]) AS id, unnest($6::bigint[]) AS number, unnest($7::bytea[]) AS seal
) AS claim
ORDER BY kind, key
