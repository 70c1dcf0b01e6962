INSERT INTO house.api_key (key_id, secret_hash, role, program_number, label, created_at, store, calls_per_second, burst_calls)
SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::smallint[], $4::integer[], $5::text[], $6::timestamptz[], $7::text[],
                     $8::integer[], $9::integer[])
