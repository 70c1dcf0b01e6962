SELECT count(*)
FROM (SELECT 1
      FROM gratis_messages.delivery
      WHERE endpoint = $1 AND state = 1
      LIMIT $2) AS waiting
