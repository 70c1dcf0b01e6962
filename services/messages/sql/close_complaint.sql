DELETE FROM gratis_messages.complaint
WHERE partition = $1 AND member = $2 AND complaint = $3
