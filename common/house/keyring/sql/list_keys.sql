-- Ids are made in the order of time, so the newest are those that sort last.
SELECT key_id, role, program_number, label, created_at, revoked_at, store, calls_per_second, burst_calls, generation,
       rotated_at, previous_until, last_used_at
FROM house.api_key
WHERE ($1::uuid IS NULL OR key_id < $1)
  AND ($2::integer IS NULL OR program_number = $2)
ORDER BY key_id DESC
LIMIT $3
