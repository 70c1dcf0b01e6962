SELECT version, set_at, set_by, detail
FROM gratis_members.tier_policy
WHERE program = $1
ORDER BY version
