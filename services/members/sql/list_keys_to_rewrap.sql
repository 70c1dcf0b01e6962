SELECT member, data_key
FROM gratis_members.member
WHERE partition = $1 AND key_version < $2
ORDER BY key_version
LIMIT $3
