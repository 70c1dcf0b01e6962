SELECT key_id, role, program_number, label, created_at, revoked_at, store, calls_per_second, burst_calls, generation,
       rotated_at, previous_until, last_used_at
FROM house.api_key
WHERE key_id = ANY ($1)
ORDER BY key_id
FOR UPDATE
