SELECT buyer.member, buyer.kept, buyer.highest_position, buyer.first_at, buyer.last_at, buyer.claim_day,
       buyer.claims
FROM unnest($2::uuid[]) AS asked (member)
CROSS JOIN LATERAL (
  SELECT b.*
  FROM gratis_thanks.buyer b
  WHERE b.partition = $1 AND b.member = asked.member
  LIMIT 1
) AS buyer
