-- A new secret puts the present one in the place of the one before, if that place is kept at all.
UPDATE house.api_key AS k
SET label = c.label, calls_per_second = c.calls_per_second, burst_calls = c.burst_calls, revoked_at = c.revoked_at,
    generation = c.generation, rotated_at = c.rotated_at, previous_until = c.previous_until,
    previous_hash = CASE WHEN c.previous_until IS NULL THEN NULL
                         WHEN c.new_hash IS NULL THEN k.previous_hash
                         ELSE k.secret_hash END,
    secret_hash = coalesce(c.new_hash, k.secret_hash)
FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::integer[], $5::timestamptz[], $6::integer[], $7::timestamptz[],
            $8::timestamptz[], $9::bytea[])
  AS c (key_id, label, calls_per_second, burst_calls, revoked_at, generation, rotated_at, previous_until, new_hash)
WHERE k.key_id = c.key_id
