-- That a member and another are two holds for whoever they became, unless something is known of those.
INSERT INTO gratis_members.proposed_merge
  (partition, low, high, shared, times, first_seen, last_seen, dismissed_at, dismissed_by)
SELECT $1, least(said.other, $3::uuid), greatest(said.other, $3::uuid), said.shared, said.times, said.first_seen,
       said.last_seen, said.dismissed_at, said.dismissed_by
FROM (
  SELECT p.high AS other, p.* FROM gratis_members.proposed_merge p WHERE p.partition = $1 AND p.low = $2::uuid
  UNION ALL
  SELECT p.low AS other, p.* FROM gratis_members.proposed_merge p WHERE p.partition = $1 AND p.high = $2::uuid
) AS said
WHERE said.dismissed_at IS NOT NULL AND said.other <> $3::uuid
ON CONFLICT (partition, low, high) DO NOTHING
