SELECT account, sum(points)::bigint
FROM (SELECT account, points FROM ledger.account WHERE partition BETWEEN $1 AND $2
      UNION ALL
      SELECT $3::smallint, available FROM ledger.wallet WHERE partition BETWEEN $1 AND $2) AS side
GROUP BY account
ORDER BY account
