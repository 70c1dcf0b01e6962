-- The page is found in the index alone, a walk for each day; only its rows are then fetched.
WITH page AS MATERIALIZED (
  SELECT celebrant.member
  FROM unnest($2::bytea[]) AS day (key)
  CROSS JOIN LATERAL (
    SELECT m.member
    FROM gratis_members.member m
    WHERE m.partition = $1 AND m.birthday_key = day.key AND m.member > $3
    ORDER BY m.member
    LIMIT $4
  ) AS celebrant
  ORDER BY celebrant.member
  LIMIT $4
)
SELECT page.member, found.enrolled_at, found.birthday_key, found.data_key, found.profile,
       found.birthday_changed_at, found.leaving_answer, found.segments
FROM page
CROSS JOIN LATERAL (
  SELECT m.enrolled_at, m.birthday_key, m.data_key, m.profile, m.birthday_changed_at, m.leaving_answer,
         m.segments
  FROM gratis_members.member m
  WHERE m.partition = $1 AND m.member = page.member
  LIMIT 1
) AS found
ORDER BY page.member
