-- The newest version of each.
SELECT asked.code, t.version, t.content, t.set_at, t.set_by
FROM unnest($2::text[]) AS asked (code)
CROSS JOIN LATERAL (
  SELECT n.version, n.content, n.set_at, n.set_by
  FROM gratis_messages.template n
  WHERE n.program = $1 AND n.code = asked.code
  ORDER BY n.version DESC
  LIMIT 1
) AS t
