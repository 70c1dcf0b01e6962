-- Several processes note the same hour; one of them writes.
UPDATE house.api_key AS k
SET last_used_at = u.hour
FROM unnest($1::uuid[], $2::timestamptz[]) AS u (key_id, hour)
WHERE k.key_id = u.key_id AND (k.last_used_at IS NULL OR k.last_used_at < u.hour)
