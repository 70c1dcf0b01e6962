DELETE FROM gratis_members.card
WHERE partition = $1 AND card = ANY ($2::uuid[])
