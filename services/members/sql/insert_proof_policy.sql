INSERT INTO gratis_members.proof_policy (program, version, set_at, weak_limit_points)
VALUES ($1, $2, $3, $4)
