SELECT version, enabled, points, local_hour, lead_days, late_days, leap_day_rule
FROM gratis_birthdays.policy
WHERE program = $1
ORDER BY version DESC
LIMIT 1
