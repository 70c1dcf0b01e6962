-- Mails that count, newest first: what concerns the account (occasion 3) does not.
SELECT asked.member, s.decided_at
FROM unnest($2::uuid[]) AS asked (member)
CROSS JOIN LATERAL (
  SELECT m.decided_at
  FROM gratis_messages.message m
  WHERE m.partition = $1 AND m.member = asked.member AND m.state = 2 AND m.channel = 1
    AND m.occasion <> 3 AND m.decided_at > $3
  ORDER BY m.decided_at DESC
  LIMIT $4
) AS s
