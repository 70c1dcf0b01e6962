SELECT merge, duplicate, survivor, arriving, seq, merged_at, undo_until, undone_at
FROM gratis_members.merging
WHERE survivor = $1 AND merge > $2 AND partition BETWEEN $3 AND $4
ORDER BY merge
LIMIT $5
