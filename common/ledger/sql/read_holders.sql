-- One look-up for each member, whatever the planner thinks of the table's size.
SELECT asked.member, holder.enrolled_at
FROM unnest($2::uuid[]) AS asked (member)
CROSS JOIN LATERAL (
  SELECT h.enrolled_at
  FROM ledger.holder h
  WHERE h.partition = $1 AND h.member = asked.member
  LIMIT 1
) AS holder
