UPDATE gratis_members.merging
SET undone_at = $3
WHERE partition = $1 AND merge = $2
