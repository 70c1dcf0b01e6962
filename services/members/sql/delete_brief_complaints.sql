DELETE FROM gratis_members.brief_complaint c
USING unnest($2::uuid[], $3::uuid[]) AS resolved (member, complaint)
WHERE c.partition = $1 AND c.member = resolved.member AND c.complaint = resolved.complaint
