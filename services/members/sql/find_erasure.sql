SELECT erased_at, key_version, transaction, names
FROM gratis_members.erasure
WHERE partition = $1 AND member = $2
