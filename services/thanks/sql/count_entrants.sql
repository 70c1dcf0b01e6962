-- How many of those who won have their gift, and how many will not get it.
SELECT count(*) FILTER (WHERE outcome = 2), count(*) FILTER (WHERE outcome = 3)
FROM unnest($1::integer[]) AS p (partition)
JOIN gratis_thanks.surprise_entrant e ON e.partition = p.partition AND e.draw = $2 AND e.outcome > 0
