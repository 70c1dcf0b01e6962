INSERT INTO house.api_key (key_id, secret_hash, role, program_number, label, created_at)
SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::smallint[], $4::integer[], $5::text[], $6::timestamptz[])
