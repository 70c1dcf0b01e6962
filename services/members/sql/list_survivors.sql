-- Who others became part of.
SELECT DISTINCT survivor
FROM gratis_members.merging
WHERE survivor > $1 AND partition BETWEEN $2 AND $3 AND undone_at IS NULL
ORDER BY survivor
LIMIT $4
