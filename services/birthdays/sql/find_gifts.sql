-- Gifts of the year asked for and of its neighbors: none further away is near enough to matter.
-- One look-up for each member, whatever the planner thinks of the table's size.
SELECT asked.member, gift.year, gift.transaction, gift.points, gift.due_at, gift.given_at
FROM unnest($1::integer[], $2::uuid[], $3::integer[]) AS asked (partition, member, year)
CROSS JOIN LATERAL (
  SELECT g.year, g.transaction, g.points, g.due_at, g.given_at
  FROM gratis_birthdays.gift g
  WHERE g.partition = asked.partition AND g.member = asked.member
    AND g.year BETWEEN asked.year - 1 AND asked.year + 1
  LIMIT 3
) AS gift
