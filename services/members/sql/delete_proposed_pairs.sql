DELETE FROM gratis_members.proposed_merge p
USING unnest($2::uuid[], $3::uuid[]) AS gone (low, high)
WHERE p.partition = $1 AND p.low = gone.low AND p.high = gone.high
