SELECT key_id, role, program_number, label, created_at, revoked_at
FROM house.api_key
WHERE key_id = ANY ($1)
ORDER BY key_id
FOR UPDATE
