INSERT INTO gratis_birthdays.policy (program, version, enabled, gifts, local_hour, lead_days,
                                     late_days, leap_day_rule, valid_days, choose_days, adult_age,
                                     set_at, set_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
