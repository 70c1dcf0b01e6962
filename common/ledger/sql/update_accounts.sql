-- One look-up for each row, as it lies: joined with the array by its key, a table that was empty when the
-- statement was planned would be walked whole for each of them. The head's lock keeps rows in their place.
UPDATE ledger.account AS a
SET points = n.points
FROM (
  SELECT unnest($2::smallint[]) AS unit, unnest($3::smallint[]) AS account, unnest($4::bigint[]) AS points
) AS n
CROSS JOIN LATERAL (
  SELECT x.ctid
  FROM ledger.account x
  WHERE x.partition = $1 AND x.unit = n.unit AND x.account = n.account
  LIMIT 1
) AS place
WHERE a.ctid = place.ctid
