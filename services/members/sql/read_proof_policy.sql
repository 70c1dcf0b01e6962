SELECT version, weak_limit_points
FROM gratis_members.proof_policy
WHERE program = $1
ORDER BY version DESC
LIMIT 1
