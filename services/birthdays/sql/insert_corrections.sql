INSERT INTO gratis_birthdays.correction (partition, member)
SELECT *
FROM unnest($1::integer[], $2::uuid[])
ON CONFLICT DO NOTHING
