-- Those of these members, whichever of the two they are.
DELETE FROM gratis_members.proposed_merge
WHERE partition = $1 AND (low = ANY ($2::uuid[]) OR high = ANY ($2::uuid[]))
