SELECT counted.member, counted.rule, counted.per, counted.since, counted.earned, counted.taken
FROM unnest($2::uuid[], $3::text[], $4::smallint[], $5::date[]) AS asked (member, rule, per, since)
CROSS JOIN LATERAL (
  SELECT c.*
  FROM gratis_thanks.cap_count c
  WHERE c.partition = $1 AND c.member = asked.member AND c.rule = asked.rule AND c.per = asked.per
    AND c.since = asked.since
  LIMIT 1
) AS counted
