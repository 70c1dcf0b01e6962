SELECT version, enabled, gifts, local_hour, lead_days, late_days, leap_day_rule, valid_days,
       choose_days, adult_age
FROM gratis_birthdays.policy
WHERE program = $1
ORDER BY version DESC
LIMIT 1
