-- A key that was changed meanwhile stays as it is.
UPDATE gratis_members.member AS m
SET data_key = fresh.data_key
FROM unnest($2::uuid[], $3::bytea[], $4::bytea[]) AS fresh (member, stale_key, data_key)
WHERE m.partition = $1 AND m.member = fresh.member AND m.data_key = fresh.stale_key
RETURNING m.member
