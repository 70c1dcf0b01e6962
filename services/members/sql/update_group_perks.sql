UPDATE gratis_members.member_group
SET perks = $3
WHERE partition = $1 AND holder = $2
