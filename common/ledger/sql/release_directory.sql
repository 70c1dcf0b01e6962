-- One look-up for each name, as it lies, in the order given. The numbers keep it to the rows that were
-- looked at, which only who holds their partition's head can give up.
DELETE FROM ledger.directory AS d
USING unnest($2::smallint[], $3::bytea[], $4::integer[], $5::bigint[])
  AS given (kind, key, partition, number)
CROSS JOIN LATERAL (
  SELECT x.ctid
  FROM ledger.directory x
  WHERE x.program = $1 AND x.kind = given.kind AND x.key = given.key AND x.partition = given.partition
    AND x.number = given.number
  LIMIT 1
) AS place
WHERE d.ctid = place.ctid
