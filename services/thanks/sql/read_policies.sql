-- Those that some purchase may go by: none that was set before one that holds for all times.
SELECT version, effective_from, body::text
FROM gratis_thanks.policy
WHERE program = $1
  AND version >= coalesce((SELECT max(version) FROM gratis_thanks.policy
                           WHERE program = $1 AND effective_from = '-infinity'), 0)
ORDER BY version DESC
