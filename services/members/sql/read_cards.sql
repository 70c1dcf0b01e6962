SELECT found.card, found.prefix, found.issuer, found.sealed_number, found.batch, found.state,
       found.member, found.successor, found.issued_at, found.changed_at
FROM unnest($2::uuid[]) AS wanted (card)
CROSS JOIN LATERAL (
  SELECT c.card, c.prefix, c.issuer, c.sealed_number, c.batch, c.state, c.member, c.successor,
         c.issued_at, c.changed_at
  FROM gratis_members.card c
  WHERE c.partition = $1 AND c.card = wanted.card
  LIMIT 1
) AS found
