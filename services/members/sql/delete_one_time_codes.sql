DELETE FROM gratis_members.one_time_code
WHERE partition = $1 AND member = ANY ($2::uuid[])
