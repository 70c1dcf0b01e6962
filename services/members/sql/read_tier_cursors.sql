SELECT partition, seq
FROM gratis_members.tier_cursor
WHERE partition = ANY ($1::integer[])
