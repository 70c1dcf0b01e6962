-- By their keys, not by their places: data keys are wrapped anew without the head's lock, and that moves rows.
DELETE FROM gratis_members.member
WHERE partition = $1 AND member = ANY ($2::uuid[])
