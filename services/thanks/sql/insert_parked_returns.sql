INSERT INTO gratis_thanks.parked_return (program, name, number, partition, purchase, body)
SELECT $1, name, number, partition, purchase, body::jsonb
FROM (
  SELECT unnest($2::bytea[]) AS name, unnest($3::integer[]) AS number,
         unnest($4::integer[]) AS partition, unnest($5::uuid[]) AS purchase, unnest($6::text[]) AS body
) AS early
