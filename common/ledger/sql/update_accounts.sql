UPDATE ledger.account AS a
SET points = n.points
FROM unnest($2::smallint[], $3::smallint[], $4::bigint[]) AS n (unit, account, points)
WHERE a.partition = $1 AND a.unit = n.unit AND a.account = n.account
