SELECT seq
FROM gratis_members.brief_cursor
WHERE partition = $1
FOR UPDATE
