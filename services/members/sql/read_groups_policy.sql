SELECT version, organization_percent
FROM gratis_members.groups_policy
WHERE program = $1
ORDER BY version DESC
LIMIT 1
