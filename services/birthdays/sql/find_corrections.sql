-- Of a program's partitions, behind one of them.
SELECT member
FROM gratis_birthdays.correction
WHERE partition BETWEEN $1 AND $2 AND (partition, member) > ($3, $4)
ORDER BY partition, member
LIMIT $5
