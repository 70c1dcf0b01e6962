-- Since when there are such triggers at all.
SELECT code, set_at
FROM gratis_thanks.trigger
WHERE program = $1 AND version = 1 AND code = ANY ($2::text[])
