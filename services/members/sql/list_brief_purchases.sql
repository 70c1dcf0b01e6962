-- The last few of each who is asked for.
SELECT asked.member, found.day, found.seq, found.purchased_at, found.transaction, found.source, found.currency,
       found.total_minor
FROM unnest($1::integer[], $2::uuid[]) AS asked (partition, member)
CROSS JOIN LATERAL (
  SELECT p.day, p.seq, p.purchased_at, p.transaction, p.source, p.currency, p.total_minor
  FROM gratis_members.brief_purchase p
  WHERE p.partition = asked.partition AND p.member = asked.member
  ORDER BY p.day DESC, p.seq DESC
  LIMIT $3
) AS found
