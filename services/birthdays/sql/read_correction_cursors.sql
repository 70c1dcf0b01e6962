SELECT partition, seq
FROM gratis_birthdays.correction_cursor
WHERE partition BETWEEN $1 AND $2
