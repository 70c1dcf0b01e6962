INSERT INTO gratis_thanks.unclaimed (partition, purchase, body)
SELECT $1, purchase, body::jsonb
FROM (SELECT unnest($2::uuid[]) AS purchase, unnest($3::text[]) AS body) AS bought
