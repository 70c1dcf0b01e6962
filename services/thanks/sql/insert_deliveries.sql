INSERT INTO gratis_thanks.delivery (partition, purchase, delivered_at, recorded_at)
SELECT $1, purchase, delivered_at, recorded_at
FROM (
  SELECT unnest($2::uuid[]) AS purchase, unnest($3::timestamptz[]) AS delivered_at,
         unnest($4::timestamptz[]) AS recorded_at
) AS arrived
