SELECT DISTINCT member
FROM gratis_messages.complaint
WHERE partition = $1 AND member = ANY ($2)
