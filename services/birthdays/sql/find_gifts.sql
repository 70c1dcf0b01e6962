-- Gifts of the year asked for and of its neighbors: none further away is near enough to matter.
-- One look-up for each member, whatever the planner thinks of the table's size.
SELECT asked.member, gift.*
FROM unnest($1::integer[], $2::uuid[], $3::integer[]) AS asked (partition, member, year)
CROSS JOIN LATERAL (
  SELECT g.year, g.transaction, g.kind, g.worth, g.item, g.words, g.voucher, g.due_at, g.given_at,
         g.quiet, g.offered, g.choose_by, g.valid_days,
         chosen.option, chosen.transaction, chosen.voucher, chosen.chosen_at, chosen.by_default,
         g.kind = 4 AND EXISTS (
           SELECT FROM gratis_birthdays.open_choice o
           WHERE o.partition = g.partition AND o.member = g.member AND o.year = g.year
         ) AS is_open
  FROM gratis_birthdays.gift g
  LEFT JOIN LATERAL (
    SELECT c.option, c.transaction, c.voucher, c.chosen_at, c.by_default
    FROM gratis_birthdays.choice c
    WHERE g.kind = 4 AND c.partition = g.partition AND c.member = g.member AND c.year = g.year
    LIMIT 1
  ) AS chosen ON true
  WHERE g.partition = asked.partition AND g.member = asked.member
    AND g.year BETWEEN asked.year - 1 AND asked.year + 1
  LIMIT 3
) AS gift
