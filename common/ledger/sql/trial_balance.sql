SELECT unit, account, sum(points)::bigint
FROM (SELECT unit, account, points FROM ledger.account WHERE partition BETWEEN $1 AND $2
      UNION ALL
      SELECT w.unit, side.account, side.points
      FROM ledger.wallet w
      CROSS JOIN LATERAL (VALUES (1::smallint, w.available), (2::smallint, w.pending), (3::smallint, w.held),
                                 (4::smallint, w.debt)) AS side (account, points)
      WHERE w.partition BETWEEN $1 AND $2) AS sides
GROUP BY unit, account
HAVING sum(points) <> 0 OR account IN (1, 10, 11)
ORDER BY unit, account
