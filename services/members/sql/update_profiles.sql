-- By their keys, not by their places: data keys are wrapped anew without the head's lock, and that moves rows.
UPDATE gratis_members.member AS m
SET profile = n.profile, birthday_key = n.birthday_key, birthday_changed_at = n.birthday_changed_at
FROM (
  SELECT unnest($2::uuid[]) AS member, unnest($3::bytea[]) AS profile, unnest($4::bytea[]) AS birthday_key,
         unnest($5::timestamptz[]) AS birthday_changed_at
) AS n
WHERE m.partition = $1 AND m.member = n.member
