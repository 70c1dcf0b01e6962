SELECT low, high, shared, times, first_seen, last_seen, dismissed_at, dismissed_by
FROM gratis_members.proposed_merge
WHERE partition = $1 AND (last_seen, low, high) < ($2, $3, $4) AND ($5 OR dismissed_at IS NULL)
ORDER BY last_seen DESC, low DESC, high DESC
LIMIT $6
