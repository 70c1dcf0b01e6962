-- Choices of a partition that nobody made in time, behind one of them; those due first come first.
SELECT choose_by, member, year
FROM gratis_birthdays.open_choice
WHERE partition = $1 AND choose_by <= $2 AND (choose_by, member, year) > ($3, $4, $5)
ORDER BY choose_by, member, year
LIMIT $6
