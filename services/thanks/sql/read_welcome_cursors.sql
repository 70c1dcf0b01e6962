SELECT partition, seq
FROM gratis_thanks.welcome_cursor
WHERE partition = ANY ($1::integer[])
