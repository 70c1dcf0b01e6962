-- What these members, who are one person, are not told for a complaint (why 5) is looked at again. One look-up for each.
UPDATE gratis_messages.message m
SET due_at = $3
FROM unnest($1::integer[], $2::uuid[]) AS one (partition, member)
WHERE m.partition = one.partition AND m.member = one.member AND m.state = 1 AND m.why = 5
