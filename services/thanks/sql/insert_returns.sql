INSERT INTO gratis_thanks.purchase_return (partition, purchase, number, return_id, transaction,
                                           returned_at, recorded_at, points_taken, body)
SELECT $1, purchase, number, return_id, transaction, returned_at, recorded_at, points_taken,
       body::jsonb
FROM (
  SELECT unnest($2::uuid[]) AS purchase, unnest($3::integer[]) AS number,
         unnest($4::text[]) AS return_id, unnest($5::uuid[]) AS transaction,
         unnest($6::timestamptz[]) AS returned_at, unnest($7::timestamptz[]) AS recorded_at,
         unnest($8::bigint[]) AS points_taken, unnest($9::text[]) AS body
) AS came
