DELETE FROM gratis_birthdays.open_choice o
USING unnest($1::integer[], $2::uuid[], $3::integer[]) AS done (partition, member, year)
WHERE o.partition = done.partition AND o.member = done.member AND o.year = done.year
