-- Whether what was set was on, version by version.
SELECT set_at, enabled
FROM gratis_birthdays.policy
WHERE program = $1
ORDER BY version
