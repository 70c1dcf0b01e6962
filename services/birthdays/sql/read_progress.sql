SELECT ran_through
FROM gratis_birthdays.progress
WHERE program = $1
