DELETE FROM gratis_members.preference
WHERE partition = $1 AND member = ANY ($2::uuid[])
