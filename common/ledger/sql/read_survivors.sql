-- Of members, those who are merged; one look-up for each, as read_states.
SELECT asked.member, holder.survivor
FROM unnest($1::integer[], $2::uuid[]) AS asked (partition, member)
CROSS JOIN LATERAL (
  SELECT h.survivor
  FROM ledger.holder h
  WHERE h.partition = asked.partition AND h.member = asked.member AND h.survivor IS NOT NULL
  LIMIT 1
) AS holder
