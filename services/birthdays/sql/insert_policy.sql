INSERT INTO gratis_birthdays.policy (program, version, enabled, points, local_hour, lead_days,
                                     late_days, leap_day_rule, set_at, set_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
