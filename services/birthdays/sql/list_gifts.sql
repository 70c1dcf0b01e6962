-- Gifts of members, who are few, behind a year and member. One look-up for each.
SELECT asked.member, gift.*
FROM unnest($1::integer[], $2::uuid[]) AS asked (partition, member)
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
    AND (g.year, g.member) > ($3, $4::uuid)
  ORDER BY g.year
  LIMIT $5
) AS gift
ORDER BY gift.year, asked.member
LIMIT $5
