-- One look-up for each row, as it lies; the head's lock keeps rows in their place.
UPDATE gratis_members.member AS m
SET profile = n.profile, birthday_key = n.birthday_key, birthday_changed_at = n.birthday_changed_at
FROM unnest($2::uuid[], $3::bytea[], $4::bytea[], $5::timestamptz[])
  AS n (member, profile, birthday_key, birthday_changed_at)
CROSS JOIN LATERAL (
  SELECT x.ctid
  FROM gratis_members.member x
  WHERE x.partition = $1 AND x.member = n.member
  LIMIT 1
) AS place
WHERE m.ctid = place.ctid
