-- How often each member was told something by a template.
SELECT asked.member, asked.template, s.times
FROM unnest($2::uuid[], $3::text[]) AS asked (member, template)
CROSS JOIN LATERAL (
  SELECT count(*)::integer AS times
  FROM gratis_messages.message m
  WHERE m.partition = $1 AND m.member = asked.member AND m.template = asked.template
    AND m.state = 2
) AS s
