SELECT merge, duplicate, survivor, arriving, seq, merged_at, undo_until, undone_at
FROM gratis_members.merging
WHERE partition = $1 AND merge = $2
