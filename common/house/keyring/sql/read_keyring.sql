SELECT key_id, role, program_number, label, created_at, revoked_at, secret_hash
FROM house.api_key
