INSERT INTO gratis_members.merging
  (partition, merge, duplicate, survivor, arriving, seq, merged_at, undo_until)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
