-- What lacked in purchases, as Noted has it: what was asked for stays so while it waits, and what ended since the
-- purchase does not begin again.
INSERT INTO gratis_thanks.wish AS wish (partition, member, sku, store, origin, noted_at, state, purchase)
SELECT $1, unnest($2::uuid[]), unnest($3::text[]), unnest($4::text[]), 2, unnest($5::timestamptz[]), 1,
       unnest($6::uuid[])
ON CONFLICT (partition, member, sku, store) DO UPDATE SET
  origin = excluded.origin, noted_at = excluded.noted_at, state = 1, ended_at = NULL, purchase = excluded.purchase
WHERE NOT (wish.state = 1 AND wish.origin = 1)
  AND coalesce(wish.ended_at, wish.noted_at) < excluded.noted_at
