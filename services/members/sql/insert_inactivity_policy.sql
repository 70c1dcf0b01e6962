INSERT INTO gratis_members.inactivity_policy (program, version, set_at, months, notice_days)
VALUES ($1, $2, $3, $4, $5)
