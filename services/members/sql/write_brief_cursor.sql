UPDATE gratis_members.brief_cursor
SET seq = $2
WHERE partition = $1
