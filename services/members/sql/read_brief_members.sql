SELECT asked.member, found.visits, found.purchases, found.first_visit, found.last_visit, found.gift_at,
       found.gift_points, found.gift_transaction
FROM unnest($1::integer[], $2::uuid[]) AS asked (partition, member)
CROSS JOIN LATERAL (
  SELECT m.visits, m.purchases, m.first_visit, m.last_visit, m.gift_at, m.gift_points, m.gift_transaction
  FROM gratis_members.brief_member m
  WHERE m.partition = asked.partition AND m.member = asked.member
  LIMIT 1
) AS found
