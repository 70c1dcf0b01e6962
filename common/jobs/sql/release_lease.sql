UPDATE house.job
SET leased_by = NULL, leased_until = NULL, ran_through = coalesce($4, ran_through)
WHERE program_number = $1 AND name = $2 AND leased_by = $3
