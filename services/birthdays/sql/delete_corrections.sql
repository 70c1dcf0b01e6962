DELETE FROM gratis_birthdays.correction c
USING unnest($1::integer[], $2::uuid[]) AS done (partition, member)
WHERE c.partition = done.partition AND c.member = done.member
