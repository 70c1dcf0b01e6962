-- In key order, so that two postings which claim the same keys wait for each other and never in a ring.
INSERT INTO ledger.directory (program, kind, key, partition, id)
SELECT $1, kind, key, $2, id
FROM unnest($3::smallint[], $4::bytea[], $5::uuid[]) AS claim (kind, key, id)
ORDER BY kind, key
ON CONFLICT DO NOTHING
