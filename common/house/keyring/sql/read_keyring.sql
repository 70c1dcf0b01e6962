SELECT key_id, role, program_number, label, created_at, revoked_at, store, calls_per_second, burst_calls, generation,
       rotated_at, previous_until, last_used_at, secret_hash, previous_hash
FROM house.api_key
