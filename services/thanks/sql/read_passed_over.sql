SELECT passed
FROM gratis_thanks.trigger_passed_over
WHERE partition = $1 AND subject = $2
ORDER BY moment
