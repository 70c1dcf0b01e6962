SELECT ran_through, began_at
FROM gratis_birthdays.progress
WHERE program = $1
