-- One look-up for each member, whatever the planner thinks of the table's size.
SELECT asked.member, holder.state
FROM unnest($1::integer[], $2::uuid[]) AS asked (partition, member)
CROSS JOIN LATERAL (
  SELECT h.state
  FROM ledger.holder h
  WHERE h.partition = asked.partition AND h.member = asked.member
  LIMIT 1
) AS holder
