SELECT complaint, member, topic, purchase, reference, opened_at, resolved_at, outcome
FROM gratis_thanks.complaint
WHERE partition = $1 AND complaint = ANY ($2::uuid[])
