-- One look-up for each member, whatever the planner thinks of the table's size.
SELECT asked.member, found.enrolled_at, found.birthday_key, found.data_key, found.profile,
       found.birthday_changed_at, found.leaving_answer, found.segments
FROM unnest($1::integer[], $2::uuid[]) AS asked (partition, member)
CROSS JOIN LATERAL (
  SELECT m.enrolled_at, m.birthday_key, m.data_key, m.profile, m.birthday_changed_at, m.leaving_answer,
         m.segments
  FROM gratis_members.member m
  WHERE m.partition = asked.partition AND m.member = asked.member
  LIMIT 1
) AS found
