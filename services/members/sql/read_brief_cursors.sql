SELECT partition, seq
FROM gratis_members.brief_cursor
WHERE partition = ANY ($1::integer[])
