INSERT INTO gratis_members.inactivity_policy (program, version, set_at, months, notice_days, erase_without_email)
VALUES ($1, $2, $3, $4, $5, $6)
