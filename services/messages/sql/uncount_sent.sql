-- What count_sent.sql counted.
UPDATE gratis_messages.tally AS t
SET sent = t.sent - gone.times
FROM (
  SELECT m.day, m.template, m.template_version, m.variant, m.trigger, m.channel, count(*) AS times
  FROM unnest($2::uuid[]) AS said (id)
  CROSS JOIN LATERAL (
    SELECT w.*
    FROM gratis_messages.message w
    WHERE w.partition = $1 AND w.id BETWEEN said.id AND said.id
    ORDER BY w.id
    LIMIT 1
  ) AS m
  WHERE m.state = 2 AND m.channel IN (1, 3) AND m.day IS NOT NULL
  GROUP BY m.day, m.template, m.template_version, m.variant, m.trigger, m.channel
) AS gone
WHERE t.partition = $1 AND t.day = gone.day AND t.template = gone.template
  AND t.template_version = gone.template_version AND t.variant = gone.variant AND t.trigger = gone.trigger
  AND t.channel = gone.channel
