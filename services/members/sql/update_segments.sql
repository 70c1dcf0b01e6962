-- By their keys, not by their places: data keys are wrapped anew without the head's lock, and that moves rows.
UPDATE gratis_members.member AS m
SET segments = n.segments
FROM (SELECT unnest($2::uuid[]) AS member, unnest($3::text[]) AS segments) AS n
WHERE m.partition = $1 AND m.member = n.member
