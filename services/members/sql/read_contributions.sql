SELECT lot, member
FROM gratis_members.contribution
WHERE partition = $1 AND holder = $2
