INSERT INTO house.job AS job (program_number, name, leased_by, leased_until)
VALUES ($1, $2, $3, $5)
ON CONFLICT (program_number, name) DO UPDATE
SET leased_by = excluded.leased_by, leased_until = excluded.leased_until
WHERE job.leased_by = excluded.leased_by OR job.leased_until <= $4 OR job.leased_by IS NULL
RETURNING ran_through
