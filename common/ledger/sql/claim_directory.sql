-- In key order, so that two postings which claim the same keys wait for each other and never in a ring. A
-- name that was taken meanwhile fails the run, which is begun again.
INSERT INTO ledger.directory (program, kind, key, partition, id)
SELECT $1, kind, key, partition, id
FROM unnest($2::smallint[], $3::bytea[], $4::integer[], $5::uuid[]) AS claim (kind, key, partition, id)
ORDER BY kind, key
