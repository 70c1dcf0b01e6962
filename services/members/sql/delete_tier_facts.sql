DELETE FROM gratis_members.tier_fact f
USING unnest($2::uuid[], $3::uuid[]) AS parted (member, duplicate)
WHERE f.partition = $1 AND f.member = parted.member AND f.via = parted.duplicate
