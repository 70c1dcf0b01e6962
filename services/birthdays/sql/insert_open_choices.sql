INSERT INTO gratis_birthdays.open_choice (partition, member, year, choose_by)
SELECT $1, *
FROM unnest($2::uuid[], $3::integer[], $4::timestamptz[])
