-- In key order, so that two postings which claim the same keys wait for each other and never in a ring. A
-- name that was taken meanwhile fails the run, which is begun again.
INSERT INTO ledger.directory (program, kind, key, partition, id, number, seal)
SELECT $1, kind, key, partition, id, number, seal
FROM unnest($2::smallint[], $3::bytea[], $4::integer[], $5::uuid[], $6::bigint[], $7::bytea[])
  AS claim (kind, key, partition, id, number, seal)
ORDER BY kind, key
