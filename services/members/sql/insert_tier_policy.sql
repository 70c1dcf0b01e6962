INSERT INTO gratis_members.tier_policy (program, version, set_at, set_by, detail)
VALUES ($1, $2, $3, $4, $5)
