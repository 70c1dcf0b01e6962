-- Of the members asked for, those whose last word on profiling ($3) is no ($4), in the order of read_consents.sql.
SELECT asked.member
FROM unnest($1::integer[], $2::uuid[]) AS asked (partition, member)
CROSS JOIN LATERAL (
  SELECT c.state
  FROM gratis_members.consent c
  WHERE c.partition = asked.partition AND c.member = asked.member AND c.purpose = $3
  ORDER BY c.decided_at DESC, c.number DESC
  LIMIT 1
) AS latest
WHERE latest.state = $4
