UPDATE house.api_key AS k
SET revoked_at = r.revoked_at
FROM unnest($1::uuid[], $2::timestamptz[]) AS r (key_id, revoked_at)
WHERE k.key_id = r.key_id AND k.revoked_at IS NULL
