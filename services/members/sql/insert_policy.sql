INSERT INTO gratis_members.policy (program, version, default_region, set_at, set_by)
VALUES ($1, $2, $3, $4, $5)
