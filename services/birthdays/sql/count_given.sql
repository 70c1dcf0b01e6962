-- How many gifts a program's partitions gave on each day, by all that their cost goes by. $3 are the
-- moments at which the days begin, in their order; $4 is when the last of them is over. Each
-- partition is counted by itself, by the index over when gifts were given.
SELECT given.day, given.kind, given.worth, given.offered, given.option, sum(given.gifts)::bigint
FROM generate_series($1::integer, $2::integer) AS own (partition)
CROSS JOIN LATERAL (
  SELECT width_bucket(g.given_at, $3::timestamptz[]) AS day, g.kind, g.worth, g.offered,
         chosen.option, count(*) AS gifts
  FROM gratis_birthdays.gift g
  LEFT JOIN LATERAL (
    SELECT c.option
    FROM gratis_birthdays.choice c
    WHERE g.kind = 4 AND c.partition = g.partition AND c.member = g.member AND c.year = g.year
    LIMIT 1
  ) AS chosen ON true
  WHERE g.partition = own.partition AND g.given_at >= ($3::timestamptz[])[1] AND g.given_at < $4
  GROUP BY 1, 2, 3, 4, 5
) AS given
GROUP BY 1, 2, 3, 4, 5
