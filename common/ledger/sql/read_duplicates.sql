-- Who became part of members, whatever partition they are in; one look-up for each, and on along the
-- chains of merges, which are short.
WITH RECURSIVE part (survivor, member, steps) AS (
  SELECT asked.member, duplicate.member, 1
  FROM unnest($1::uuid[]) AS asked (member)
  CROSS JOIN LATERAL (
    SELECT h.member
    FROM ledger.holder h
    WHERE h.survivor = asked.member
    LIMIT 1000
  ) AS duplicate
  UNION ALL
  SELECT part.survivor, duplicate.member, part.steps + 1
  FROM part
  CROSS JOIN LATERAL (
    SELECT h.member
    FROM ledger.holder h
    WHERE h.survivor = part.member
    LIMIT 1000
  ) AS duplicate
  WHERE part.steps < 64
)
SELECT survivor, member
FROM part
