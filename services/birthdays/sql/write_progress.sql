-- A development clock may be set back: what it lives through then counts as well.
INSERT INTO gratis_birthdays.progress (program, ran_through, began_at)
VALUES ($1, $2, $2)
ON CONFLICT (program) DO UPDATE SET
  ran_through = excluded.ran_through, began_at = least(progress.began_at, excluded.began_at)
