SELECT version, most, within_days
FROM gratis_thanks.trigger_limits
WHERE program = $1
ORDER BY version DESC
LIMIT 1
