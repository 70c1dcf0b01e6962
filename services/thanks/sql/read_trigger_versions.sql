-- Which version of each trigger is in force.
SELECT code, max(version)
FROM gratis_thanks.trigger
WHERE program = $1
GROUP BY code
ORDER BY code
