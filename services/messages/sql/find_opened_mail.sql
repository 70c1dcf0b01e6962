SELECT partition
FROM gratis_messages.tally
WHERE partition = ANY ($1) AND channel = 1 AND opened > 0
LIMIT 1
