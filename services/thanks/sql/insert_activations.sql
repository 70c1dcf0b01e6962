INSERT INTO gratis_thanks.activation (partition, due_at, purchase)
SELECT $1, unnest($2::timestamptz[]), unnest($3::uuid[])
