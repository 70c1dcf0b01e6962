-- Which of these goods the members bought who wished for them, after they did; in any store.
SELECT asked.member, asked.sku, asked.store
FROM unnest($2::uuid[], $3::text[], $4::text[], $5::timestamptz[]) AS asked (member, sku, store, since)
WHERE EXISTS (
  SELECT 1
  FROM gratis_thanks.purchase p
  WHERE p.partition = $1 AND p.member = asked.member AND p.purchased_at > asked.since
    AND (p.more -> 'lines')::jsonb @> jsonb_build_array(jsonb_build_object('sku', asked.sku))
)
