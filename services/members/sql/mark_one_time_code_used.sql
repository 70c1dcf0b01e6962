UPDATE gratis_members.one_time_code
SET used_by = $3, used_at = $4
WHERE partition = $1 AND member = $2
