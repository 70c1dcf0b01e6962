SELECT found.low, found.high, found.shared, found.times, found.first_seen, found.last_seen,
       found.dismissed_at, found.dismissed_by
FROM unnest($2::uuid[], $3::uuid[]) AS asked (low, high)
CROSS JOIN LATERAL (
  SELECT p.low, p.high, p.shared, p.times, p.first_seen, p.last_seen, p.dismissed_at, p.dismissed_by
  FROM gratis_members.proposed_merge p
  WHERE p.partition = $1 AND p.low = asked.low AND p.high = asked.high
  LIMIT 1
) AS found
