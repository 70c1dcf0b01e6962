INSERT INTO gratis_thanks.wish (partition, member, sku, store, origin, noted_at, state, ended_at, purchase)
SELECT $1, unnest($2::uuid[]), unnest($3::text[]), unnest($4::text[]), unnest($5::smallint[]),
       unnest($6::timestamptz[]), unnest($7::smallint[]), unnest($8::timestamptz[]), unnest($9::uuid[])
ON CONFLICT (partition, member, sku, store) DO UPDATE SET
  origin = excluded.origin, noted_at = excluded.noted_at, state = excluded.state,
  ended_at = excluded.ended_at, purchase = excluded.purchase
