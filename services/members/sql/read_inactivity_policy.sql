SELECT version, months, notice_days, erase_without_email
FROM gratis_members.inactivity_policy
WHERE program = $1
ORDER BY version DESC
LIMIT 1
