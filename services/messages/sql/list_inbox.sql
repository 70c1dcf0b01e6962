-- What is in the inboxes of these members, who are one person. One look-up for each.
SELECT own.id, own.decided_at, own.data_key, own.sealed, own.read_at
FROM unnest($1::integer[], $2::uuid[]) AS one (partition, member)
CROSS JOIN LATERAL (
  SELECT m.id, m.decided_at, m.data_key, m.sealed, r.read_at
  FROM gratis_messages.message m
  LEFT JOIN gratis_messages.inbox_read r ON r.partition = m.partition AND r.id = m.id
  WHERE m.partition = one.partition AND m.member = one.member AND m.channel = 3 AND m.state = 2
    AND m.sealed IS NOT NULL AND m.id < $3 AND NOT ($4 AND r.read_at IS NOT NULL)
  ORDER BY m.id DESC
  LIMIT $5
) AS own
ORDER BY own.id DESC
LIMIT $5
