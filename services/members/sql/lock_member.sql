SELECT data_key, profile
FROM gratis_members.member
WHERE partition = $1 AND member = $2
FOR UPDATE
