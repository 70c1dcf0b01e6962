SELECT DISTINCT member
FROM gratis_thanks.complaint
WHERE partition = $1 AND member = ANY ($2::uuid[]) AND resolved_at IS NULL
