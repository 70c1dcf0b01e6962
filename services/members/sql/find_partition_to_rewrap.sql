SELECT partition
FROM gratis_members.member
WHERE key_version < $1
ORDER BY key_version, partition
LIMIT 1
