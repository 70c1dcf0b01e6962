-- Whoever bought before buyers were counted: all their purchases were kept.
INSERT INTO gratis_thanks.buyer (partition, member, kept, highest_position, first_at, last_at, claims)
SELECT partition, member, count(*), count(*), min(purchased_at), max(purchased_at), 0
FROM gratis_thanks.purchase
GROUP BY partition, member;
