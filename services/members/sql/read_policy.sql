SELECT version, default_region
FROM gratis_members.policy
WHERE program = $1
ORDER BY version DESC
LIMIT 1
