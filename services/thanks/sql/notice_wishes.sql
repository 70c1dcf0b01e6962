-- What lacked in purchases, as Noted has it: it waits anew, and what was asked for, and not before $6, stays so. What
-- ended since the purchase does not begin again.
INSERT INTO gratis_thanks.wish AS wish (partition, member, sku, store, origin, noted_at, state, purchase)
SELECT $1, noted.member, noted.sku, noted.store, CASE WHEN asked.member IS NULL THEN 2 ELSE 1 END, noted.noted_at, 1,
       CASE WHEN asked.member IS NULL THEN noted.purchase ELSE asked.purchase END
FROM unnest($2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::uuid[])
  AS noted (member, sku, store, noted_at, alive_since, purchase)
LEFT JOIN gratis_thanks.wish AS asked
  ON asked.partition = $1 AND asked.member = noted.member AND asked.sku = noted.sku AND asked.store = noted.store
    AND asked.state = 1 AND asked.origin = 1 AND asked.noted_at > noted.alive_since
ON CONFLICT (partition, member, sku, store) DO UPDATE SET
  origin = excluded.origin, noted_at = excluded.noted_at, state = 1, ended_at = NULL, purchase = excluded.purchase
WHERE coalesce(wish.ended_at, wish.noted_at) < excluded.noted_at
