-- Who became part of a member, by however many steps; the newest merge first.
WITH RECURSIVE part (member, partition, merged_at, steps) AS (
  SELECT g.duplicate, g.partition, g.merged_at, 1::bigint
  FROM gratis_members.merging g
  WHERE g.survivor = $1 AND g.undone_at IS NULL AND g.partition BETWEEN $2 AND $3
  UNION ALL
  SELECT g.duplicate, g.partition, g.merged_at, part.steps + 1
  FROM part
  JOIN gratis_members.merging g ON g.survivor = part.member
  WHERE g.undone_at IS NULL AND g.partition BETWEEN $2 AND $3 AND part.steps < $4
)
SELECT part.member, found.enrolled_at, found.birthday_key, found.data_key, found.profile,
       found.birthday_changed_at, found.leaving_answer, found.segments
FROM part
CROSS JOIN LATERAL (
  SELECT m.enrolled_at, m.birthday_key, m.data_key, m.profile, m.birthday_changed_at, m.leaving_answer,
         m.segments
  FROM gratis_members.member m
  WHERE m.partition = part.partition AND m.member = part.member
  LIMIT 1
) AS found
ORDER BY part.merged_at DESC, part.member
LIMIT $5
