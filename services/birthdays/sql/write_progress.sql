INSERT INTO gratis_birthdays.progress (program, ran_through)
VALUES ($1, $2)
ON CONFLICT (program) DO UPDATE SET ran_through = excluded.ran_through
