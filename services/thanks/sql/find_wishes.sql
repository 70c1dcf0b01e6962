SELECT w.member, w.sku, w.store, w.origin, w.noted_at, w.state, w.ended_at, w.purchase
FROM unnest($2::uuid[], $3::text[], $4::text[]) AS asked (member, sku, store)
JOIN gratis_thanks.wish w
  ON w.partition = $1 AND w.member = asked.member AND w.sku = asked.sku AND w.store = asked.store
