SELECT e.endpoint,
       (SELECT count(*)
        FROM (SELECT 1 FROM gratis_messages.delivery WHERE endpoint = e.endpoint AND state = 1 LIMIT $2) AS w),
       (SELECT count(*)
        FROM (SELECT 1 FROM gratis_messages.delivery WHERE endpoint = e.endpoint AND state = 4 LIMIT $2) AS d)
FROM unnest($1::uuid[]) AS e (endpoint)
